"""Distributions of latent vectors, the inputs of generators."""

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
        """The length of a latent vector."""

    def draw(self, stream: RandomStream, rows: int) -> Tensor:
        """Return ``rows`` latent vectors, float32 ``[rows, size]``, on the CPU."""


@dataclass(frozen=True)
class Gaussian:
    """Independent N(0, 1) numbers. Raises ``UserError`` if ``size`` is below 1."""

    size: int = 100

    def __post_init__(self) -> None:
        _check_size(self)

    def draw(self, stream: RandomStream, rows: int) -> Tensor:
        """Return ``rows`` latent vectors, float32 ``[rows, size]``."""
        return stream.normal(rows, self.size)


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

    def draw(self, stream: RandomStream, rows: int) -> Tensor:
        """Return ``rows`` latent vectors, float32 ``[rows, size]``."""
        return stream.uniform(rows, self.size, low=self.low, high=self.high)


@dataclass(frozen=True)
class EmptyLatent:
    """Latent vectors of size 0, for algorithms whose networks take only real items."""

    size: ClassVar[int] = 0

    def draw(self, stream: RandomStream, rows: int) -> Tensor:
        """Return ``rows`` empty vectors, float32 ``[rows, 0]``."""
        return torch.empty(rows, 0)


@dataclass(frozen=True)
class NoiseAndRepresentation:
    """``noise`` numbers from N(0, 1), then ``representation`` more, as many as a representation has.

    The algorithm decides how to use the latter: as a random direction, or as the noise of a generator of
    representations. Raises ``UserError`` if a size is below 1.
    """

    noise: int = 128
    representation: int = 256

    def __post_init__(self) -> None:
        if min(self.noise, self.representation) < 1:
            raise UserError(
                "NoiseAndRepresentation: noise and representation must be at least 1, but are "
                f"{self.noise} and {self.representation}"
            )

    @property
    def size(self) -> int:
        """The length of a latent vector."""
        return self.noise + self.representation

    def draw(self, stream: RandomStream, rows: int) -> Tensor:
        """Return ``rows`` latent vectors, float32 ``[rows, size]``."""
        return stream.normal(rows, self.size)


@dataclass(frozen=True)
class Codes:
    """The codes of an InfoGAN latent: one-hot codes with the given numbers of values, then continuous codes.

    A network that predicts them has ``outputs`` outputs: the logits of each categorical code, then the means of the
    continuous codes, then the logarithms of their standard deviations.
    """

    categorical: tuple[int, ...]
    continuous: int

    @property
    def size(self) -> int:
        """How many numbers the codes take, at the end of the latent vector."""
        return sum(self.categorical) + self.continuous

    @property
    def outputs(self) -> int:
        """How many outputs a network needs to predict them."""
        return sum(self.categorical) + 2 * self.continuous

    def split_categorical(self, vectors: Tensor) -> list[Tensor]:
        """Return the part ``[N, values]`` of each categorical code, of latents ``[N, size]`` or of predictions."""
        codes = vectors if vectors.shape[1] == self.outputs else vectors[:, -self.size :]
        return list(torch.split(codes[:, : sum(self.categorical)], list(self.categorical), 1))


@dataclass(frozen=True)
class NoiseAndCodes:
    """InfoGAN's latent: noise from N(0, 1), then one-hot categorical codes, then continuous codes.

    ``categorical`` has the number of values of each categorical code; all values are equally likely. Continuous codes
    are uniform in [-1, 1), or with ``normal`` from N(0, 1). InfoGAN (2016), arXiv:1606.03657.

    Raises ``UserError`` if there is no code, a code has fewer than 2 values, or a count is negative.
    """

    noise: int = 62
    categorical: tuple[int, ...] = (10,)
    continuous: int = 2
    normal: bool = False

    def __post_init__(self) -> None:
        if self.noise < 0 or self.continuous < 0 or any(k < 2 for k in self.categorical):
            raise UserError(
                "NoiseAndCodes: noise and continuous must be at least 0, and categorical codes need at least 2 "
                f"values, but they are {self.noise}, {self.continuous} and {self.categorical}"
            )
        if self.codes.size < 1:
            raise UserError("NoiseAndCodes: at least one code is needed; for none, use Gaussian")

    @property
    def codes(self) -> Codes:
        """The codes at the end of the vector."""
        return Codes(self.categorical, self.continuous)

    @property
    def size(self) -> int:
        """The length of a latent vector."""
        return self.noise + self.codes.size

    @property
    def entropy(self) -> tuple[float, float]:
        """The joint entropy of the categorical codes and the differential entropy of the continuous ones, in nats."""
        per_code = 0.5 * math.log(2 * math.pi * math.e) if self.normal else math.log(2)
        return sum(map(math.log, self.categorical)), self.continuous * per_code

    def draw(self, stream: RandomStream, rows: int) -> Tensor:
        """Return ``rows`` latent vectors, float32 ``[rows, size]``."""
        parts = [stream.normal(rows, self.noise)]
        parts += [one_hot(stream.integers(rows, k), k).float() for k in self.categorical]
        shape = rows, self.continuous
        parts += [stream.normal(*shape) if self.normal else stream.uniform(*shape, low=-1.0)]
        return torch.cat(parts, 1)


def _check_size(latent: Latent) -> None:
    if latent.size < 1:
        raise UserError(f"{type(latent).__name__}: size must be at least 1, but is {latent.size}")
