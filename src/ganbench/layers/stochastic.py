"""Dropout whose masks a trainer can make a function of the update, so that a resumed run repeats them.

Improving neural networks by preventing co-adaptation of feature detectors (2012), arXiv:1207.0580.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor, nn

from ganbench.errors import UserError


class Dropout(nn.Module):
    """In training, sets each number of ``[N, ...]`` to 0 with chance ``share`` and divides the rest by 1 - ``share``.

    Outside a trainer's update the chances come from torch's global generator. Raises ``UserError`` if ``share``
    is not in [0, 1).
    """

    def __init__(self, share: float = 0.5) -> None:
        super().__init__()
        if not 0 <= share < 1:
            raise UserError(f"dropout is a share of features, from 0 to below 1, but is {share}")
        self.share = share
        self._draws: Numbers | None = None

    def draw_from(self, draws: Numbers | None) -> None:
        """Take the chances from these draws, or (None) from torch's global generator."""
        self._draws = draws

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` with a share silenced; in evaluation ``x`` itself."""
        if not self.training or self.share == 0:
            return x
        chances = torch.rand(x.shape, device=x.device) if self._draws is None else self._draws.uniform_like(x)
        return x * ((chances >= self.share) / (1 - self.share)).to(x.dtype)


class GaussianNoise(nn.Module):
    """In training, adds independent numbers from N(0, ``std``²) to ``[N, ...]``; in evaluation, nothing.

    Outside a trainer's update they come from torch's global generator. Raises ``UserError`` if ``std`` is negative
    or not finite.
    """

    def __init__(self, std: float) -> None:
        super().__init__()
        if not (math.isfinite(std) and std >= 0):
            raise UserError(f"noise is a standard deviation, a number of at least 0, but is {std}")
        self.std = std
        self._draws: Numbers | None = None

    def draw_from(self, draws: Numbers | None) -> None:
        """Take the numbers from these draws, or (None) from torch's global generator."""
        self._draws = draws

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` with noise; in evaluation ``x`` itself."""
        if not self.training or self.std == 0:
            return x
        noise = torch.randn(x.shape, device=x.device) if self._draws is None else self._draws.normal_like(x)
        return x + self.std * noise.to(x.dtype)


class Numbers(Protocol):
    """Random numbers of the shape of a layer's input, ``[N, ...]``."""

    def uniform_like(self, x: Tensor) -> Tensor:
        """Return uniform numbers in [0, 1) of the shape of ``x``."""

    def normal_like(self, x: Tensor) -> Tensor:
        """Return standard normal numbers of the shape of ``x``."""
