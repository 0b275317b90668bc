"""Gaussian noise on a layer's input in training, whose numbers a trainer can make a function of the update.

Instance noise on what D sees: Amortised MAP Inference for Image Super-resolution (2016), arXiv:1610.04490.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.networks.layers.numbers import Numbers


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
