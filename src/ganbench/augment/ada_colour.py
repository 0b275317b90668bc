"""ADA's transformations of colour, composed into one matrix a picture."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganbench.utils.random_stream import RandomStream


def colours(draws: RandomStream, p: Tensor) -> Tensor:
    """Return what makes new colours of old ones, (r, g, b, 1) -> (r, g, b), ``[N, 3, 4]``.

    ``p`` ``[N]`` is the probability of each transformation; distributions and their order are the paper's (appendix B):
    brightness N(0, 0.2²) added, contrast times 2^N(0, 0.5²), luma mirrored, hue turned by any angle, saturation times
    2^N(0, 1).
    """
    n = len(p)
    gates, even, normal = draws.uniform(n, 5), draws.uniform(n, 2).T, draws.normal(n, 3).T
    on = (gates < p[:, None]).T.float()
    grey = torch.full((3, 3), 1 / 3, dtype=p.dtype, device=p.device)  # onto what is no colour
    rest = torch.eye(3, dtype=p.dtype, device=p.device) - grey
    shift, factor = 0.2 * normal[0] * on[0], torch.exp2(0.5 * normal[1] * on[1])
    mirror = 1 - 2 * on[2] * (even[0] < 0.5)
    angle = on[3] * (even[1] - 0.5) * (2 * math.pi)
    saturation = torch.exp2(normal[2] * on[4])
    # All of them leave grey and the rest apart: luma scales the one, hue turns the other, saturation scales it.
    chroma = torch.cos(angle)[:, None, None] * rest + torch.sin(angle)[:, None, None] * _across(p)
    linear = mirror[:, None, None] * grey + saturation[:, None, None] * chroma
    linear = factor[:, None, None] * linear
    added = (shift * factor * mirror)[:, None, None].expand(-1, 3, 1)
    return torch.cat([linear, added], 2)


def _across(like: Tensor) -> Tensor:
    """Return the cross product with (1, 1, 1) / sqrt(3), ``[3, 3]``: a quarter turn of hue."""
    matrix = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]], dtype=like.dtype)
    return matrix.to(like.device) / math.sqrt(3)
