"""Pictures go through a feature network some at a time, always in the same way."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from ganbench.errors import UserError
from ganbench.metrics.score import JSON


def require_batch_size(batch_size: int) -> None:
    """Raise UserError for a batch size below 1."""
    if batch_size < 1:
        raise UserError(f"the feature batch size must be at least 1, not {batch_size}")


@torch.no_grad()
def in_batches(
    network: Callable[[Tensor], Tensor], images: Tensor, *, dims: int, batch_size: int, device: torch.device
) -> Tensor:
    """Turn uint8 ``[B, 1 or 3, H, W]`` into float32 ``[B, dims]`` on the CPU; autocast around it changes nothing.

    ``network`` is given uint8 pictures on the device. Raises TypeError for other dtypes (pictures in -1..1 would
    give silent nonsense), ValueError for other shapes.
    """
    if images.dtype != torch.uint8:
        raise TypeError(f"pictures must be uint8, not {images.dtype}")
    if images.ndim != 4 or images.shape[1] not in (1, 3):
        raise ValueError(f"pictures must be [B, 1 or 3, H, W], not {list(images.shape)}")
    if len(images) == 0:
        return torch.zeros(0, dims)
    with torch.autocast(device.type, enabled=False):
        return torch.cat([network(part.to(device)).cpu() for part in torch.split(images, batch_size)])


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
