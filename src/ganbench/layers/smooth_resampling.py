"""Low-pass filters against aliasing where feature maps are resampled: the kernel [1, 3, 3, 1].

Analyzing and Improving the Image Quality of StyleGAN (StyleGAN2, 2019), arXiv:1912.04958, and Making Convolutional
Networks Shift-Invariant Again (2019), arXiv:1904.11486.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d, interpolate


def blur(x: Tensor, padding: int, gain: float = 1.0) -> Tensor:
    """Filter each channel of ``[N, C, H, W]`` and scale by ``gain``; sides grow by ``2 * padding - 3``."""
    line = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=x.dtype, device=x.device)
    kernel = line[:, None] * line[None, :] * (gain / 64)
    return conv2d(x, kernel.expand(x.shape[1], 1, 4, 4), padding=padding, groups=x.shape[1])


def upsample_smoothly(x: Tensor) -> Tensor:
    """Double both sides. Away from the border, bilinear upsampling is the filter [1, 3, 3, 1]."""
    return interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def downsample_smoothly(x: Tensor) -> Tensor:
    """Halve both (even) sides after the filter."""
    return blur(x, padding=1)[:, :, ::2, ::2]
