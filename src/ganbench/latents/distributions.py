"""Where generators start: distributions of latent vectors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


class Latent(Protocol):
    """A distribution of latent vectors."""

    @property
    def size(self) -> int:
        """How many numbers a latent vector has."""

    def draw(self, draws: RandomStream, rows: int) -> Tensor:
        """Return ``rows`` latent vectors, float32 ``[rows, size]``, on the CPU."""


@dataclass(frozen=True)
class Gaussian:
    """Independent standard normal numbers, N(0, 1). Raises ``UserError`` if ``size`` is below 1."""

    size: int = 100

    def __post_init__(self) -> None:
        _check_size(self)

    def draw(self, draws: RandomStream, rows: int) -> Tensor:
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

    def draw(self, draws: RandomStream, rows: int) -> Tensor:
        """Return ``rows`` latent vectors, float32 ``[rows, size]``."""
        return draws.uniform(rows, self.size, low=self.low, high=self.high)


@dataclass(frozen=True)
class FromItems:
    """No numbers at all: for algorithms whose samples are made of real items and of nothing else."""

    size: ClassVar[int] = 0

    def draw(self, draws: RandomStream, rows: int) -> Tensor:
        """Return ``rows`` vectors without numbers, float32 ``[rows, 0]``."""
        return torch.empty(rows, 0)


@dataclass(frozen=True)
class WithRepresentation:
    """Noise N(0, 1), then as many such numbers as a representation has.

    What these stand for is the algorithm's to say: they may be a random direction, or the noise of a
    generator of representations. Raises ``UserError`` if a count is below 1.
    """

    noise: int = 128
    representation: int = 256

    def __post_init__(self) -> None:
        if min(self.noise, self.representation) < 1:
            raise UserError(
                "WithRepresentation: noise and representation must be at least 1, but are "
                f"{self.noise} and {self.representation}"
            )

    @property
    def size(self) -> int:
        """How many numbers a latent vector has."""
        return self.noise + self.representation

    def draw(self, draws: RandomStream, rows: int) -> Tensor:
        """Return ``rows`` latent vectors, float32 ``[rows, size]``."""
        return draws.normal(rows, self.size)


@dataclass(frozen=True)
class Codes:
    """The part of a latent that is to be found again: one-hot codes of so many values each, then continuous ones.

    ``outputs`` is how many numbers a belief about them has: logits of each categorical code, then the means of the
    continuous codes, then the logarithms of their standard deviations.
    """

    categorical: tuple[int, ...]
    continuous: int

    @property
    def size(self) -> int:
        """How many numbers of the latent they are, at its end."""
        return sum(self.categorical) + self.continuous

    @property
    def outputs(self) -> int:
        """How many numbers a belief about them has."""
        return sum(self.categorical) + 2 * self.continuous

    def categories(self, numbers: Tensor) -> list[Tensor]:
        """Return the numbers ``[N, values]`` of each categorical code, of latents ``[N, size]`` or beliefs."""
        last = numbers if numbers.shape[1] == self.outputs else numbers[:, -self.size :]
        return list(torch.split(last[:, : sum(self.categorical)], list(self.categorical), 1))


@dataclass(frozen=True)
class Structured:
    """Noise N(0, 1), then one-hot categorical codes, then continuous codes: the latent of InfoGAN.

    ``categorical`` has the number of values of each such code, all equally likely. Continuous codes are uniform in
    [-1, 1), or with ``normal`` from N(0, 1). InfoGAN (2016), arXiv:1606.03657.

    Raises ``UserError`` if there is no code, a code has fewer than 2 values, or a count is negative.
    """

    noise: int = 62
    categorical: tuple[int, ...] = (10,)
    continuous: int = 2
    normal: bool = False

    def __post_init__(self) -> None:
        if self.noise < 0 or self.continuous < 0 or any(k < 2 for k in self.categorical):
            raise UserError(
                "Structured: noise and continuous are counts of at least 0 and categorical codes have at least 2 "
                f"values, but they are {self.noise}, {self.continuous} and {self.categorical}"
            )
        if self.codes.size < 1:
            raise UserError("Structured: at least one code is needed; Gaussian is the latent without")

    @property
    def codes(self) -> Codes:
        """What codes there are."""
        return Codes(self.categorical, self.continuous)

    @property
    def size(self) -> int:
        """How many numbers a latent vector has."""
        return self.noise + self.codes.size

    @property
    def entropy(self) -> tuple[float, float]:
        """The entropy in nats of the categorical codes together, and that of the continuous ones (differential)."""
        one = 0.5 * math.log(2 * math.pi * math.e) if self.normal else math.log(2)
        return sum(map(math.log, self.categorical)), self.continuous * one

    def draw(self, draws: RandomStream, rows: int) -> Tensor:
        """Return ``rows`` latent vectors, float32 ``[rows, size]``."""
        parts = [draws.normal(rows, self.noise)]
        parts += [one_hot(draws.integers(rows, k), k).float() for k in self.categorical]
        shape = rows, self.continuous
        parts += [draws.normal(*shape) if self.normal else draws.uniform(*shape, low=-1.0)]
        return torch.cat(parts, 1)


def _check_size(latent: Latent) -> None:
    if latent.size < 1:
        raise UserError(f"{type(latent).__name__}: size must be at least 1, but is {latent.size}")
