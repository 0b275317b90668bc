"""Some items of a data set, seen as one: those that a protocol compares with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor

from ganbench.data.base import Batch, Dataset
from ganbench.errors import UserError

Draw: TypeAlias = Literal["all", "the first in order", "at random with replacement"]


class Part:
    """Items of a set by their numbers ``index`` ``[M]``; ``how`` they were chosen is in its fingerprint."""

    def __init__(self, whole: Dataset, index: Tensor, how: str) -> None:
        self._whole, self._index = whole, index
        mark = whole.info.fingerprint
        self.info = replace(
            whole.info, size=len(index), fingerprint=f"{mark} {how} {len(index)}" if mark else ""
        )

    def batch(self, index: Tensor, draws: Any) -> Batch:
        """Return these items as networks see them."""
        return self._whole.batch(self._index[index], draws)

    def items(self, index: Tensor) -> Tensor:
        """Return these items as they are."""
        return self._whole.items(self._index[index])

    def labels(self, index: Tensor) -> Tensor | None:
        """Return these items' labels."""
        return self._whole.labels(self._index[index])


def part_of(whole: Dataset, draw: Draw, items: int | None, asked_by: str) -> Dataset:
    """Return the set itself, or so many of its items. Raises UserError if it has too few."""
    size = whole.info.size
    if draw == "all" or items is None:
        return whole
    if items > size:
        raise UserError(
            f"protocol '{asked_by}' compares with {items:,} real pictures, and '{whole.info.name}' has {size:,}"
        )
    if draw == "the first in order":
        return Part(whole, torch.arange(items), draw)
    return Part(whole, torch.randint(size, (items,), generator=torch.Generator().manual_seed(0)), draw)
