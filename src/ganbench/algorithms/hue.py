"""Colours turned round: the hue of hue, saturation and value is moved, the other two stay."""

from __future__ import annotations

import torch
from torch import Tensor

_RED_GREEN_BLUE = (5.0, 3.0, 1.0)  # where on the circle of six a channel is the smallest


def hue_turned(pictures: Tensor, turns: Tensor) -> Tensor:
    """Return pictures ``[N, 3, H, W]`` in [0, 1] with hues moved by ``turns`` ``[N]`` of the whole circle."""
    largest, smallest = pictures.amax(1), pictures.amin(1)
    width = largest - smallest
    red, green, blue = pictures.unbind(1)
    apart = torch.where(width > 0, width, 1.0)  # grey has no hue, and is left as it is
    sixth = torch.where(
        largest == red,
        (green - blue) / apart,
        torch.where(largest == green, 2 + (blue - red) / apart, 4 + (red - green) / apart),
    )
    moved = sixth + 6 * turns[:, None, None]
    places = [(moved + n).remainder(6) for n in _RED_GREEN_BLUE]
    return torch.stack([largest - width * torch.minimum(k, 4 - k).clamp(0, 1) for k in places], 1)
