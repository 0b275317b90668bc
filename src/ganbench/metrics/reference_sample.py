"""Which of a data set's items stand for it where not all are taken: always the same ones, in a random order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

CHUNK = 500
SAMPLE = 10_000


def random_order(size: int) -> Tensor:
    """Return all item numbers in a random order that is the same in every process."""
    return torch.randperm(size, generator=torch.Generator().manual_seed(0))


def sample_of(reference: Dataset, count: int = SAMPLE) -> Iterator[Tensor]:
    """Yield the first ``count`` items of the random order (or all, if they are fewer) in chunks."""
    for index in torch.split(random_order(reference.info.size)[:count], CHUNK):
        yield reference.items(index)
