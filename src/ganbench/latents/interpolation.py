"""Linear and spherical interpolation between vectors.

Spherical interpolation of latents is from Sampling Generative Networks (2016), arXiv:1609.04468.
"""

from __future__ import annotations

from torch import Tensor, acos, sin, where
from torch.nn.functional import normalize


def lerp(start: Tensor, end: Tensor, weight: Tensor) -> Tensor:
    """Interpolate linearly from ``start`` to ``end``, ``[N, size]`` each, with ``weight`` ``[N, 1]`` from 0 to 1."""
    return (1 - weight) * start + weight * end


def slerp(start: Tensor, end: Tensor, weight: Tensor) -> Tensor:
    """Interpolate spherically from ``start`` to ``end``, ``[N, size]`` each, with ``weight`` ``[N, 1]`` from 0 to 1.

    Lengths are interpolated linearly, so points between Gaussian latents are as long as these. Between parallel or
    opposite vectors, the interpolation is linear.
    """
    linear = lerp(start, end, weight)
    lengths = lerp(start.norm(dim=1, keepdim=True), end.norm(dim=1, keepdim=True), weight)
    start_direction, end_direction = normalize(start), normalize(end)
    angle = acos((start_direction * end_direction).sum(1, keepdim=True).clamp(-1, 1))
    sine = sin(angle)
    arc = sin((1 - weight) * angle) * start_direction + sin(weight * angle) * end_direction
    return where(sine > 1e-4, arc / sine.clamp(min=1e-6) * lengths, linear)
