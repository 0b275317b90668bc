"""The class numbers of whole data sets and of samples, for metrics that go by classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.features.reference import CHUNK
from ganbench.metrics.sample_batch import Chunk

if TYPE_CHECKING:
    from ganbench.data.base import DataInfo, Dataset
    from ganbench.metrics.base import Metric


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


def labels_in(chunk: Chunk, metric: str) -> Tensor:
    """Return the class numbers of a chunk of samples, int64 ``[B]``. Raises UserError, naming the metric, without."""
    if chunk.labels is None:
        raise UserError(
            f"metric '{metric}' needs samples with labels, and these have none: a model without classes makes "
            "no others; use 'fd'"
        )
    return chunk.labels


def require_labels(metric: Metric, labels: Tensor | None, info: DataInfo) -> None:
    """Raise UserError if the metric goes by classes and the samples have no labels ``[N]``, or too few of a class.

    Ask before making the samples. A metric with ``min_samples_of_class`` needs as many of each class of the reference.
    """
    if not getattr(metric, "needs_labels", False):
        return
    given = labels_in(Chunk(torch.empty(0), labels), metric.name)
    counts = torch.bincount(given, minlength=len(info.classes)).tolist()
    for name, count in zip(info.classes, counts, strict=True):
        require_of_class(metric, count, "samples", name)


def require_of_class(metric: Metric, count: int, what: str, name: str) -> None:
    """Raise UserError if a class has fewer than the metric's ``min_samples_of_class``, where it has one."""
    least = getattr(metric, "min_samples_of_class", 0)
    if count < least:
        raise UserError(
            f"metric '{metric.name}' needs at least {least:,} of each class, "
            f"and only {count:,} {what} are of class '{name}'; use features of fewer dimensions, or more samples"
        )
