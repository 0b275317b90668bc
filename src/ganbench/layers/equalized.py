"""Layers whose weights start from N(0, 1) and are scaled in each pass, so that all learn at the same speed.

Progressive Growing of GANs for Improved Quality, Stability, and Variation (2017), arXiv:1710.10196, section 4.1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu, linear

_SLOPE, _GAIN = 0.2, math.sqrt(2)


def activate(x: Tensor) -> Tensor:
    """Return leaky ReLU of slope 0.2 times the root of 2, which keeps the variance of N(0, 1) at about 1."""
    return leaky_relu(x, _SLOPE).mul_(_GAIN)


class EqualizedLinear(nn.Module):
    """``[N, in_features]`` -> ``[N, out_features]``.

    ``speed`` scales the learning rate: weights start as many times larger and are scaled down in each pass.
    """

    def __init__(self, in_features: int, out_features: int, *, speed: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / speed)
        self.bias = nn.Parameter(torch.zeros(out_features))
        self.scale, self.speed = speed / math.sqrt(in_features), speed

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x W^T + b`` with the scaled weights."""
        return linear(x, self.weight * self.scale, self.bias * self.speed)


class EqualizedConv2d(nn.Module):
    """``[N, in_channels, H, W]`` -> ``[N, out_channels, H', W']``, without a bias unless ``bias``."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, size, size))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.scale, self.stride, self.padding = 1 / math.sqrt(in_channels * size**2), stride, padding

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution with the scaled weights."""
        return conv2d(x, self.weight * self.scale, self.bias, self.stride, self.padding)
