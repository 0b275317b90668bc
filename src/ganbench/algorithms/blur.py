"""Pictures out of focus: each by a Gaussian of its own."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def blurred(pictures: Tensor, deviations: Tensor, reach: int) -> Tensor:
    """Return pictures ``[N, C, H, W]`` smoothed by Gaussians of ``deviations`` ``[N]`` pixels, cut off at ``reach``.

    Beyond the border the outermost pixels are repeated.
    """
    n, channels, height, width = pictures.shape
    away = torch.arange(-reach, reach + 1, device=pictures.device)
    weights = torch.exp(-(away**2) / (2 * deviations[:, None] ** 2))
    weights = (weights / weights.sum(1, keepdim=True)).repeat_interleave(channels, 0)[:, None, None]
    rows = functional.pad(pictures.reshape(1, n * channels, height, width), (reach,) * 4, mode="replicate")
    across = functional.conv2d(rows, weights, groups=n * channels)
    return functional.conv2d(across, weights.mT, groups=n * channels).reshape(pictures.shape)
