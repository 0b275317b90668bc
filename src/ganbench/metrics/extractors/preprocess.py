"""Batching and resizing that image feature extractors share."""

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
def forward_in_batches(
    network: Callable[[Tensor], Tensor], images: Tensor, *, dims: int, batch_size: int, device: torch.device
) -> Tensor:
    """Map uint8 ``[B, 1 or 3, H, W]`` to float32 ``[B, dims]`` on the CPU, in batches and without autocast.

    Args:
        network: Maps uint8 images on ``device`` to features.
        images: The images.
        dims: The length of a feature vector, for the result of no images.
        batch_size: Images per call of ``network``.
        device: Where ``network`` runs.

    Raises:
        TypeError: The images are not uint8 (images in [-1, 1] would silently give nonsense).
        ValueError: The images have another shape.
    """
    if images.dtype != torch.uint8:
        raise TypeError(f"images must be uint8, not {images.dtype}")
    if images.ndim != 4 or images.shape[1] not in (1, 3):
        raise ValueError(f"images must be [B, 1 or 3, H, W], not {list(images.shape)}")
    if len(images) == 0:
        return torch.zeros(0, dims)
    with torch.autocast(device.type, enabled=False):
        return torch.cat([network(batch.to(device)).cpu() for batch in torch.split(images, batch_size)])


def resize_bicubic(images: Tensor, size: int) -> Tensor:
    """Resize ``[B, C, H, W]`` in 0..255 to float32 ``[B, C, size, size]`` (channels last), clamped to 0..255.

    The filter is that of Pillow without rounding: bicubic with a = -0.5, antialiased when shrinking.
    """
    if max(images.shape[2:]) > size:
        floats = images.to(torch.float32, memory_format=torch.channels_last)
        return _interpolate(floats, (size, size)).clamp_(0, 255)
    # Two matrix products enlarge small images 3 to 4 times as fast as interpolation.
    by_rows, by_columns = (_resize_matrix(length, size, images.device) for length in images.shape[2:])
    resized = by_rows @ images.float() @ by_columns.T
    return resized.clamp_(0, 255).to(memory_format=torch.channels_last)


def bicubic_record(size: int, normalise: str, note: str = "") -> dict[str, JSON]:
    """Return the record of a preprocessing by :func:`resize_bicubic` and a normalisation, as scores keep it."""
    resize = f"bicubic, antialiased, aspect not kept{note and ', '}{note} (torch interpolate)"
    return {
        "size": size,
        "resize": resize,
        "clamp": [0, 255],
        "normalise": normalise,
        "grey": "repeated to 3 channels",
        "input": "uint8",
        "dtype": "float32",
    }


def _resize_matrix(length: int, size: int, device: torch.device) -> Tensor:
    """Return the matrix ``[size, length]`` that resizes a vector from ``length`` to ``size``."""
    return _interpolate(torch.eye(length, device=device)[None, None], (size, length))[0, 0]


def _interpolate(floats: Tensor, size: tuple[int, int]) -> Tensor:
    return functional.interpolate(floats, size=size, mode="bicubic", align_corners=False, antialias=True)
