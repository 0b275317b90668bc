"""Convolutions whose weights a style scales, and noise with a learned strength.

Analyzing and Improving the Image Quality of StyleGAN (StyleGAN2, 2019), arXiv:1912.04958, section 2.2.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d

from ganbench.layers.equalized import EqualizedLinear
from ganbench.layers.smooth_resampling import blur
from ganbench.layers.stochastic import StochasticLayer


class ModulatedConv2d(nn.Module):
    """Maps ``[N, in_channels, H, W]`` and styles ``[N, style]`` -> ``[N, out_channels, H, W]``, or twice as large.

    A linear layer makes a scale for each input channel from the style. Scaling the weights of each sample is the same
    as scaling its input channels, and their norm divides its output channels, so one convolution serves the batch.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        size: The kernel's side.
        style: The size of a style.
        demodulate: Whether outputs are divided by the norm of the scaled weights.
        upsample: Whether the output is twice as large.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: int,
        style: int,
        *,
        demodulate: bool = True,
        upsample: bool = False,
    ) -> None:
        super().__init__()
        self.style = EqualizedLinear(style, in_channels)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, size, size))
        self.scale = 1 / math.sqrt(in_channels * size**2)
        self.demodulate, self.upsample, self.padding = demodulate, upsample, size // 2

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Return the maps."""
        scales, weight = 1 + self.style(style), self.weight * self.scale
        x = x * scales[:, :, None, None]  # equation 1
        if self.upsample:
            x = blur(conv_transpose2d(x, weight.transpose(0, 1), stride=2), padding=1, gain=4.0)
        else:
            x = conv2d(x, weight, padding=self.padding)
        if not self.demodulate:
            return x
        norms = scales.square() @ weight.square().sum((2, 3)).T  # equation 3
        maps: Tensor = x * (norms + 1e-8).rsqrt()[:, :, None, None]
        return maps


class ScaledNoise(StochasticLayer):
    """Adds one noise map per sample to all channels of ``[N, C, H, W]``, times a learned strength that starts at 0.

    In evaluation, every sample gets the same fixed map, so that samples depend on their latents alone.
    """

    def __init__(self, sides: tuple[int, int]) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("fixed", torch.randn(1, 1, *sides))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` with noise."""
        noise = self.get_buffer("fixed")
        if self.training:
            plane = x[:, :1]
            noise = torch.randn_like(plane) if self._source is None else self._source.normal_like(plane)
        return x + self.strength * noise.to(x.dtype)
