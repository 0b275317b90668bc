"""Argument checks shared by the regularizers."""

from __future__ import annotations

import math

from ganbench.errors import UserError


def check_weight(owner: str, name: str, value: float) -> None:
    """Raise UserError unless ``value`` is finite and at least 0."""
    if not (math.isfinite(value) and value >= 0):
        raise UserError(f"{owner}: {name} must be a finite number of at least 0, but is {value}")


def check_every(owner: str, every: int) -> None:
    """Raise UserError unless ``every`` is at least 1."""
    if every < 1:
        raise UserError(f"{owner}: every must be a number of steps of at least 1, but is {every}")
