"""Checks of the arguments of regularizers, and of regularizers against D."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from ganbench.errors import UserError


def check_weight(owner: str, name: str, value: float) -> None:
    """Raise UserError unless ``value`` is finite and at least 0."""
    if not (math.isfinite(value) and value >= 0):
        raise UserError(f"{owner}: {name} must be a finite number of at least 0, but is {value}")


def check_every(owner: str, every: int) -> None:
    """Raise UserError unless ``every`` is at least 1."""
    if every < 1:
        raise UserError(f"{owner}: every must be a number of steps of at least 1, but is {every}")


def batch_norm_warnings(
    discriminator: nn.Module, names: Sequence[str], regularizers: Sequence[object]
) -> Iterator[str]:
    """Yield a warning for each regularizer that uses D's gradient at each sample, if D has batch norm."""
    if not any(isinstance(layer, _BatchNorm) for layer in discriminator.modules()):
        return
    for name, regularizer in zip(names, regularizers, strict=True):
        if getattr(regularizer, "per_sample", False):
            yield (
                f"'{name}' penalizes D's gradient at each sample, but batch norm makes D's scores depend on the "
                "whole batch; use a D without normalization, or with layer norm"
            )
