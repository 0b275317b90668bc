"""The one way in which pictures are resized before a feature network sees them.

Parmar, Zhang and Zhu, "On Aliased Resizing and Surprising Subtleties in GAN Evaluation" (2021),
arXiv:2104.11222.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ganbench.metrics.base import JSON


def resize_bicubic(images: Tensor, size: int) -> Tensor:
    """Resize ``[B, C, H, W]`` in 0..255 to float32 ``[B, C, size, size]`` (channels last), clamped to 0..255.

    Bicubic (a = -0.5) with antialiasing when shrinking, as Pillow does, but not rounded.
    """
    if max(images.shape[2:]) > size:
        floats = images.to(torch.float32, memory_format=torch.channels_last)
        return _interpolated(floats, (size, size)).clamp_(0, 255)
    # Small pictures are enlarged 3 to 4 times as fast by the two matrices that interpolation amounts to.
    by_rows, by_columns = (_matrix(length, size, images.device) for length in images.shape[2:])
    resized = by_rows @ images.float() @ by_columns.T
    return resized.clamp_(0, 255).to(memory_format=torch.channels_last)


def _matrix(length: int, size: int, device: torch.device) -> Tensor:
    """Return what interpolates ``length`` numbers at ``size`` places, ``[size, length]``."""
    return _interpolated(torch.eye(length, device=device)[None, None], (size, length))[0, 0]


def _interpolated(floats: Tensor, size: tuple[int, int]) -> Tensor:
    return functional.interpolate(floats, size=size, mode="bicubic", align_corners=False, antialias=True)


def bicubic_record(size: int, normalise: str, also: str = "") -> dict[str, JSON]:
    """Say for a record what is done to pictures that are resized by :func:`resize_bicubic`, then normalised."""
    kept = f"bicubic, antialiased, aspect not kept{also and ', '}{also} (torch interpolate)"
    return {
        "size": size,
        "resize": kept,
        "clamp": [0, 255],
        "normalise": normalise,
        "grey": "repeated to 3 channels",
        "input": "uint8",
        "dtype": "float32",
    }
