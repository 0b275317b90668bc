"""Schedules of a learning rate or a coefficient: a factor for every step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from ganbench.errors import UserError


class Factor(Protocol):
    """A factor as a function of the finished and the planned steps."""

    def __call__(self, step: int, steps: int) -> float:
        """Return the factor for the update after ``step`` finished steps out of ``steps``."""


@dataclass(frozen=True)
class Constant:
    """The same factor throughout."""

    factor: float = 1.0

    def __call__(self, step: int, steps: int) -> float:
        """Return the factor."""
        return self.factor


@dataclass(frozen=True)
class _Ramp:
    """A change from ``start`` to ``end`` between two shares of the run."""

    start: float = 1.0
    end: float = 0.0
    from_share: float = 0.0
    to_share: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.from_share < self.to_share <= 1:
            raise UserError(
                "shares must satisfy 0 <= from_share < to_share <= 1, "
                f"not {self.from_share} and {self.to_share}"
            )

    def _progress(self, step: int, steps: int) -> float:
        """Return how much of the change is done, from 0 to 1."""
        share = step / max(steps, 1)
        return min(max((share - self.from_share) / (self.to_share - self.from_share), 0.0), 1.0)


@dataclass(frozen=True)
class Linear(_Ramp):
    """A straight line from ``start`` to ``end`` between two shares of the run, constant before and after."""

    def __call__(self, step: int, steps: int) -> float:
        """Return the factor at this step."""
        return self.start + (self.end - self.start) * self._progress(step, steps)


@dataclass(frozen=True)
class Cosine(_Ramp):
    """Half a cosine wave from ``start`` to ``end`` between two shares of the run, constant before and after."""

    def __call__(self, step: int, steps: int) -> float:
        """Return the factor at this step."""
        progress = self._progress(step, steps)
        return self.end + (self.start - self.end) * (1 + math.cos(math.pi * progress)) / 2


@dataclass(frozen=True)
class Step:
    """Multiplies by ``factor`` after every ``every`` steps."""

    every: int
    factor: float

    def __post_init__(self) -> None:
        if self.every < 1:
            raise UserError(f"a step schedule needs every >= 1, not {self.every}")

    def __call__(self, step: int, steps: int) -> float:
        """Return ``factor`` to the power of the number of finished intervals."""
        return float(self.factor ** (step // self.every))


@dataclass(frozen=True)
class Exponential:
    """An exponential decay from 1 to ``end`` at the last step."""

    end: float = 0.01

    def __post_init__(self) -> None:
        if self.end <= 0:
            raise UserError(f"an exponential schedule needs end > 0, not {self.end}")

    def __call__(self, step: int, steps: int) -> float:
        """Return ``end`` to the power of the finished share of the run."""
        return float(self.end ** (step / max(steps, 1)))


@dataclass(frozen=True)
class Stages:
    """Piecewise constant: one value after another, changing at shares of the run.

    >>> factor = Stages((0, 0.1, 1), (1 / 3, 2 / 3))
    >>> [factor(step, 100) for step in (0, 50, 99)]
    [0, 0.1, 1]
    """

    values: tuple[float, ...]
    at: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.values) != len(self.at) + 1 or list(self.at) != sorted(self.at):
            raise UserError("stages need one more value than changes, and the changes in ascending order")

    def __call__(self, step: int, steps: int) -> float:
        """Return the value of the current stage."""
        share = step / max(steps, 1)
        return self.values[sum(share >= change for change in self.at)]
