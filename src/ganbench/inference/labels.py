"""Labels of samples: validation of given ones, and class numbers for samples that represent all classes."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import Tensor

from ganbench.errors import UserError, did_you_mean


def balanced_labels(count: int, classes: int) -> Tensor:
    """Return class numbers, int64 ``[count]``: each class in turn, and random classes in a last, incomplete round.

    The first classes there would be a biased choice, since the order of classes often has a meaning. The choice is
    always the same.
    """
    complete = torch.arange(count // classes * classes) % classes
    rest = torch.randperm(classes, generator=torch.Generator().manual_seed(0))[: count % classes]
    return torch.cat([complete, rest.sort().values])


def find_class(text: str, classes: Sequence[str]) -> int:
    """Return the index of a class, given its name or its index as text; where names are numbers, only its name.

    Raises:
        UserError: there is no such class.
    """
    if not classes:
        raise UserError(f"this model was trained without classes, so it cannot sample the class '{text}'")
    if text in classes:
        return classes.index(text)
    if re.fullmatch("[0-9]{1,9}", text) and int(text) < len(classes) and not any(map(str.isdecimal, classes)):
        return int(text)
    raise UserError(f"there is no class '{text}'{did_you_mean(text, classes)}; classes: {', '.join(classes)}")


def condition_tensor(labels: Tensor | Sequence[int] | int, n: int, classes: int) -> Tensor:
    """Return labels as a generator takes them: class numbers, int64 ``[n]``, or class weights, float ``[n, classes]``.

    Args:
        labels: One class number for all samples, one for each, or class weights.
        n: The number of samples.
        classes: The number of classes of the model.

    Raises:
        UserError: labels are out of range, of the wrong number, or the model has no classes.
    """
    if not classes:
        raise UserError("this model was trained without classes, so it takes no labels")
    tensor = torch.as_tensor(labels)
    tensor = tensor.expand(n) if tensor.dim() == 0 else tensor
    if tensor.is_floating_point():
        if tensor.shape != (n, classes):
            raise UserError(f"class weights must have shape [{n}, {classes}], not {list(tensor.shape)}")
        return tensor
    if tensor.shape != (n,):
        raise UserError(f"{n} samples need {n} labels, not {list(tensor.shape)}")
    if n and not 0 <= int(tensor.min()) <= int(tensor.max()) < classes:
        raise UserError(
            f"labels must be from 0 to {classes - 1}, not from {int(tensor.min())} to {int(tensor.max())}"
        )
    return tensor.long()
