"""Dropout and noise whose random numbers a trainer can make a function of the step, so that a resumed run repeats them.

Improving neural networks by preventing co-adaptation of feature detectors (2012), arXiv:1207.0580.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor, nn

from ganbench.errors import UserError


class RandomSource(Protocol):
    """A source of random numbers in the shape of a layer's input, ``[N, ...]``."""

    def uniform_like(self, x: Tensor) -> Tensor:
        """Return uniform numbers in [0, 1) in the shape of ``x``."""

    def normal_like(self, x: Tensor) -> Tensor:
        """Return standard normal numbers in the shape of ``x``."""


class StochasticLayer(nn.Module):
    """A layer with random numbers from a trainer's source, or from torch's global generator outside a trainer."""

    def __init__(self) -> None:
        super().__init__()
        self._source: RandomSource | None = None

    def draw_from(self, source: RandomSource | None) -> None:
        """Take random numbers from this source; None means torch's global generator."""
        self._source = source


class Dropout(StochasticLayer):
    """In training, sets each element of ``[N, ...]`` to 0 with probability ``p`` and divides the rest by 1 - ``p``.

    Raises ``UserError`` if ``p`` is not in [0, 1).
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise UserError(f"dropout is a probability in [0, 1), but is {p}")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` with dropout; in evaluation, ``x`` itself."""
        if not self.training or self.p == 0:
            return x
        uniform = (
            torch.rand(x.shape, device=x.device) if self._source is None else self._source.uniform_like(x)
        )
        return x * ((uniform >= self.p) / (1 - self.p)).to(x.dtype)


class GaussianNoise(StochasticLayer):
    """In training, adds independent noise from N(0, ``std``²) to ``[N, ...]``; in evaluation, nothing.

    Raises ``UserError`` if ``std`` is negative or not finite.
    """

    def __init__(self, std: float) -> None:
        super().__init__()
        if not (math.isfinite(std) and std >= 0):
            raise UserError(f"noise is a standard deviation of at least 0, but is {std}")
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` with noise; in evaluation, ``x`` itself."""
        if not self.training or self.std == 0:
            return x
        noise = torch.randn(x.shape, device=x.device) if self._source is None else self._source.normal_like(x)
        return x + self.std * noise.to(x.dtype)
