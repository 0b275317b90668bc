"""The checks that the regularizers' constructors share."""

from __future__ import annotations

import math

from ganbench.errors import UserError


def check_weight(owner: str, name: str, value: float) -> None:
    """Raise UserError unless the value is a finite number of at least 0."""
    if not (math.isfinite(value) and value >= 0):
        raise UserError(f"{owner}: {name} must be a finite number of at least 0, but is {value}")


def check_every(owner: str, every: int) -> None:
    """Raise UserError unless the cadence is at least 1 update."""
    if every < 1:
        raise UserError(f"{owner}: every must be a number of steps of at least 1, but is {every}")
