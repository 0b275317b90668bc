"""Pictures go through a feature network some at a time, always in the same way."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ganbench.errors import UserError


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
