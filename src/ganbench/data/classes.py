"""Classes of a data set that have no items: a generator of classes would be trained and scored on nothing there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.errors import UserError

_MAX_NAMED = 5


@runtime_checkable
class CountsClasses(Protocol):
    """A data set that knows how many items each class has, without reading all labels."""

    def class_counts(self) -> Tensor:
        """Return the number of items of each class, int64 ``[K]``."""


def class_counts(dataset: Dataset) -> Tensor:
    """Return the number of items of each class, int64 ``[K]``; empty for a set without classes."""
    if isinstance(dataset, CountsClasses):
        return dataset.class_counts()
    classes = len(dataset.info.classes)
    labels = dataset.labels(torch.arange(dataset.info.size)) if classes else None
    empty = torch.zeros(0, dtype=torch.int64)
    return empty if labels is None else torch.bincount(labels, minlength=classes)


def empty_classes(labels: Tensor | None, classes: Sequence[str]) -> list[str]:
    """Return the names of the classes that no label ``[N]`` has."""
    if labels is None or not classes:
        return []
    return _empty(torch.bincount(labels, minlength=len(classes)), classes)


def _empty(counts: Tensor, classes: Sequence[str]) -> list[str]:
    return [classes[number] for number in (counts == 0).nonzero().flatten().tolist()]


def describe_empty_classes(names: Sequence[str], classes: Sequence[str]) -> str:
    """Return in words how many of the classes have no item, and the first names."""
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return f"{len(names)} of the {len(classes)} classes have no image ({', '.join(names[:_MAX_NAMED])}{more})"


def require_items_of_each_class(dataset: Dataset) -> None:
    """Raise UserError, with the names, if a class of the data set has no item."""
    info = dataset.info
    names = _empty(class_counts(dataset), info.classes)
    if names:
        raise UserError(
            f"in '{info.name}', {describe_empty_classes(names, info.classes)}, so a model of classes cannot learn "
            "them; add images, or remove these class names"
        )
