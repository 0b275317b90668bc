"""Ways from one vector to another: straight, or on a great arc.

Great arcs between latents are from Sampling Generative Networks (2016), arXiv:1609.04468.
"""

from __future__ import annotations

from torch import Tensor, acos, sin, where
from torch.nn.functional import normalize


def lerp(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    """Return points on straight lines from ``start`` to ``end``, ``[N, size]`` each, at ``share`` ``[N, 1]``."""
    return (1 - share) * start + share * end


def slerp(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    """Return points on great arcs from ``start`` to ``end``, ``[N, size]`` each, at ``share`` ``[N, 1]`` of the way.

    Lengths change in equal steps, so that points between Gaussian latents are as long as these. Between vectors that
    point the same way, or to opposite sides, the way is straight.
    """
    straight = lerp(start, end, share)
    lengths = lerp(start.norm(dim=1, keepdim=True), end.norm(dim=1, keepdim=True), share)
    one, two = normalize(start), normalize(end)
    angle = acos((one * two).sum(1, keepdim=True).clamp(-1, 1))
    sine = sin(angle)
    along = (sin((1 - share) * angle) * one + sin(share * angle) * two) / sine.clamp(min=1e-6)
    return where(sine > 1e-4, along * lengths, straight)
