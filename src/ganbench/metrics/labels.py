"""Class labels of data sets and of samples, for metrics that need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.features.reference import BATCH_SIZE
from ganbench.metrics.sample_batch import SampleBatch

if TYPE_CHECKING:
    from ganbench.data.base import DataInfo, Dataset
    from ganbench.metrics.base import Metric


def dataset_labels(dataset: Dataset, metric: str) -> Tensor:
    """Return the class labels of all items, int64 ``[N]``. Raises UserError, naming the metric, if there are none."""
    info = dataset.info
    batches = [dataset.labels(index) for index in torch.split(torch.arange(info.size), BATCH_SIZE)]
    labels = [batch for batch in batches if batch is not None]
    if not info.classes or len(labels) != len(batches):
        raise UserError(f"metric '{metric}' needs data with classes, and '{info.name}' has none")
    return torch.cat(labels)


def require_same_classes(metric: str, reference: Dataset, other: Dataset) -> None:
    """Raise UserError if the classes of two data sets differ."""
    if reference.info.classes != other.info.classes:
        raise UserError(
            f"metric '{metric}' needs two sets with the same classes, "
            f"and '{reference.info.name}' and '{other.info.name}' differ in theirs"
        )


def batch_labels(batch: SampleBatch, metric: str) -> Tensor:
    """Return the class labels of a batch, int64 ``[B]``. Raises UserError, naming the metric, if there are none."""
    if batch.labels is None:
        raise UserError(
            f"metric '{metric}' needs samples with labels, and these have none: the model has no classes; use 'fd'"
        )
    return batch.labels


def require_labels(metric: Metric, labels: Tensor | None, info: DataInfo) -> None:
    """Raise UserError if the metric needs labels ``[N]`` and the samples have none, or too few of some class.

    Call it before generating the samples. Metrics with labels have ``needs_labels``; those with
    ``min_samples_per_class`` need that many of each class of the reference.
    """
    if not getattr(metric, "needs_labels", False):
        return
    labels = batch_labels(SampleBatch(torch.empty(0), labels), metric.name)
    counts = torch.bincount(labels, minlength=len(info.classes)).tolist()
    for name, count in zip(info.classes, counts, strict=True):
        require_class_size(metric, count, "samples", name)


def require_class_size(metric: Metric, count: int, what: str, name: str) -> None:
    """Raise UserError if class ``name`` has fewer than the metric's ``min_samples_per_class``, if it has one."""
    min_count = getattr(metric, "min_samples_per_class", 0)
    if count < min_count:
        raise UserError(
            f"metric '{metric.name}' needs at least {min_count:,} of each class, "
            f"and only {count:,} {what} are of class '{name}'; use features of fewer dimensions, or more samples"
        )
