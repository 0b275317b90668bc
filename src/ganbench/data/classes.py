"""Classes of a data set that have no items: a generator of classes would be trained and scored on nothing there."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.errors import UserError

_MAX_NAMED = 5


def empty_classes(labels: Tensor | None, classes: Sequence[str]) -> list[str]:
    """Return the names of the classes that no label ``[N]`` has."""
    if labels is None or not classes:
        return []
    counts = torch.bincount(labels, minlength=len(classes))
    return [classes[number] for number in (counts == 0).nonzero().flatten().tolist()]


def describe_empty_classes(names: Sequence[str], classes: Sequence[str]) -> str:
    """Return in words how many of the classes have no item, and the first names."""
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return f"{len(names)} of the {len(classes)} classes have no image ({', '.join(names[:_MAX_NAMED])}{more})"


def require_items_of_each_class(dataset: Dataset) -> None:
    """Raise UserError, with the names, if a class of the data set has no item."""
    info = dataset.info
    if not info.classes:
        return
    names = empty_classes(dataset.labels(torch.arange(info.size)), info.classes)
    if names:
        raise UserError(
            f"in '{info.name}', {describe_empty_classes(names, info.classes)}, so a model of classes cannot learn "
            "them; add images, or remove these class names"
        )
