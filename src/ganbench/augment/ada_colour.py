"""ADA's colour transformations, composed into one matrix per image."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganbench.utils.random_stream import RandomStream


def colour_matrices(stream: RandomStream, p: Tensor) -> Tensor:
    """Return one random colour transformation per image, as matrices ``[N, 3, 4]`` from (r, g, b, 1) to (r, g, b).

    ``p`` ``[N]`` is the probability of each transformation. Distributions and order are the paper's (appendix B):
    brightness plus N(0, 0.2²), contrast times 2^N(0, 0.5²), luma flip, hue rotation by any angle, saturation times
    2^N(0, 1).
    """
    n = len(p)
    gates, uniform, normal = stream.uniform(n, 5), stream.uniform(n, 2).T, stream.normal(n, 3).T
    on = (gates < p[:, None]).T.float()
    luma = torch.full((3, 3), 1 / 3, dtype=p.dtype, device=p.device)  # the projection onto grey
    chroma = torch.eye(3, dtype=p.dtype, device=p.device) - luma
    brightness, contrast = 0.2 * normal[0] * on[0], torch.exp2(0.5 * normal[1] * on[1])
    flip = 1 - 2 * on[2] * (uniform[0] < 0.5)
    angle = on[3] * (uniform[1] - 0.5) * (2 * math.pi)
    saturation = torch.exp2(normal[2] * on[4])
    # Every transformation keeps luma and chroma separate: the flip acts on luma, hue and saturation on chroma.
    rotated = torch.cos(angle)[:, None, None] * chroma + torch.sin(angle)[:, None, None] * _hue_quarter_turn(
        p
    )
    linear = flip[:, None, None] * luma + saturation[:, None, None] * rotated
    linear = contrast[:, None, None] * linear
    offset = (brightness * contrast * flip)[:, None, None].expand(-1, 3, 1)
    return torch.cat([linear, offset], 2)


def _hue_quarter_turn(like: Tensor) -> Tensor:
    """Return the cross product with (1, 1, 1) / sqrt(3) as a matrix ``[3, 3]``: a quarter turn of hue."""
    matrix = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]], dtype=like.dtype)
    return matrix.to(like.device) / math.sqrt(3)
