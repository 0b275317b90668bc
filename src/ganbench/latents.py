"""Where generators start: distributions of latent vectors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from ganbench.errors import UserError
from ganbench.training.draws import Draws


class Latent(Protocol):
    """A distribution of latent vectors."""

    @property
    def size(self) -> int:
        """How many numbers a latent vector has."""

    def draw(self, draws: Draws, rows: int) -> Tensor:
        """Return ``rows`` latent vectors, float32 ``[rows, size]``, on the CPU."""


@dataclass(frozen=True)
class Gaussian:
    """Independent standard normal numbers, N(0, 1). Raises ``UserError`` if ``size`` is below 1."""

    size: int = 100

    def __post_init__(self) -> None:
        _check_size(self)

    def draw(self, draws: Draws, rows: int) -> Tensor:
        """Return ``rows`` latent vectors, float32 ``[rows, size]``."""
        return draws.normal(rows, self.size)


@dataclass(frozen=True)
class Uniform:
    """Independent numbers, uniform in [low, high).

    Raises ``UserError`` if ``size`` is below 1, or if ``low`` is not below ``high`` or either is not finite.
    """

    size: int = 100
    low: float = -1.0
    high: float = 1.0

    def __post_init__(self) -> None:
        _check_size(self)
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise UserError(
                f"Uniform: low must be below high, both finite, but they are {self.low} and {self.high}"
            )

    def draw(self, draws: Draws, rows: int) -> Tensor:
        """Return ``rows`` latent vectors, float32 ``[rows, size]``."""
        return draws.uniform(rows, self.size, low=self.low, high=self.high)


def _check_size(latent: Latent) -> None:
    if latent.size < 1:
        raise UserError(f"{type(latent).__name__}: size must be at least 1, but is {latent.size}")
