"""The one way in which pictures are resized before a feature network sees them.

Parmar, Zhang and Zhu, "On Aliased Resizing and Surprising Subtleties in GAN Evaluation" (2021),
arXiv:2104.11222.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def resize_bicubic(images: Tensor, size: int) -> Tensor:
    """Resize ``[B, C, H, W]`` in 0..255 to float32 ``[B, C, size, size]`` (channels last), clamped to 0..255.

    Bicubic (a = -0.5) with antialiasing when shrinking, as Pillow does, but not rounded.
    """
    floats = images.to(torch.float32, memory_format=torch.channels_last)
    resized = functional.interpolate(
        floats, size=(size, size), mode="bicubic", align_corners=False, antialias=True
    )
    return resized.clamp_(0, 255)
