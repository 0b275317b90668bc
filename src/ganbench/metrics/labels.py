"""The class numbers of a whole data set, for metrics that go by classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.reference_sample import CHUNK

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


def labels_of(dataset: Dataset, metric: str) -> Tensor:
    """Return the class numbers of all items, int64 ``[N]``. Raises UserError, naming the metric, if there are none."""
    info = dataset.info
    parts = [dataset.labels(part) for part in torch.split(torch.arange(info.size), CHUNK)]
    labels = [part for part in parts if part is not None]
    if not info.classes or len(labels) != len(parts):
        raise UserError(f"metric '{metric}' needs data with classes, and '{info.name}' has none")
    return torch.cat(labels)


def require_same_classes(metric: str, reference: Dataset, other: Dataset) -> None:
    """Raise UserError if two sets differ in their classes."""
    if reference.info.classes != other.info.classes:
        raise UserError(
            f"metric '{metric}' needs two sets with the same classes, "
            f"and '{reference.info.name}' and '{other.info.name}' differ in theirs"
        )
