"""Upsampling and downsampling of feature maps by a factor of 2, and images of another resolution.

Many implementations of residual GANs write these as depth-to-space of four copies of each channel and as the mean over
space-to-depth; nearest upsampling and average pooling give the same result up to six times faster.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate


def upsample(x: Tensor) -> Tensor:
    """Double both sides by nearest upsampling: ``[N, C, H, W]`` -> ``[N, C, 2 * H, 2 * W]``."""
    return interpolate(x, scale_factor=2, mode="nearest")


def downsample(x: Tensor) -> Tensor:
    """Halve both (even) sides by 2x2 average pooling: ``[N, C, H, W]`` -> ``[N, C, H / 2, W / 2]``."""
    return avg_pool2d(x, 2)


def resize(x: Tensor, side: int) -> Tensor:
    """Return images ``[N, C, side, side]`` by antialiased bicubic interpolation; unchanged if ``side`` is 0."""
    if side == 0:
        return x
    return interpolate(x, (side, side), mode="bicubic", antialias=True, align_corners=False)
