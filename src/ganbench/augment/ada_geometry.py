"""The places that ADA's pixel blitting and geometric transformations read, composed into one matrix a picture."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganbench.utils.random_stream import RandomStream


def places(draws: RandomStream, p: Tensor, sides: tuple[int, int], *, blit: bool, geometry: bool) -> Tensor:
    """Return where each place of ``p``'s N new pictures lies in the old ones, ``[N, 2, 3]``, for ``affine_grid``.

    ``p`` ``[N]`` is the probability of each transformation; distributions and their order are the paper's (appendix B):
    mirrored, turned by quarters, moved by whole pixels up to 1/8 of a side; then scaled by 2^N(0, 0.2²), turned by any
    angle, stretched by 2^N(0, 0.2²), turned again, moved by N(0, 1/8²) of a side. Sides are (height, width).
    """
    n = len(p)
    gates, even, normal = draws.uniform(n, 8), draws.uniform(n, 6).T, draws.normal(n, 4).T
    either = 1 - (1 - p).sqrt()  # one of the two turns happens with probability p
    chance = torch.stack([p, p, p, p, either, p, either, p], 1)
    on = (gates < chance).T.float()
    size = torch.tensor([sides[1], sides[0]], dtype=p.dtype, device=p.device)
    matrix = torch.eye(3, dtype=p.dtype, device=p.device).expand(n, 3, 3)
    if blit:
        one = torch.ones_like(p)
        matrix = matrix @ _scaled(1 - 2 * on[0] * (even[0] < 0.5), one)
        matrix = matrix @ _turned(on[1] * (even[1] * 4).floor() * (math.pi / 2))
        move = torch.stack([even[2], even[3]], 1).sub(0.5).div(4).mul(size).round()
        matrix = matrix @ _moved(move * on[2][:, None])
    if geometry:
        scale, stretch = torch.exp2(-0.2 * normal[0] * on[3]), torch.exp2(0.2 * normal[1] * on[5])
        matrix = matrix @ _scaled(scale, scale)
        matrix = matrix @ _turned(on[4] * (even[4] - 0.5) * (2 * math.pi))
        matrix = matrix @ _scaled(stretch, 1 / stretch)
        matrix = matrix @ _turned(on[6] * (even[5] - 0.5) * (2 * math.pi))
        matrix = matrix @ _moved(torch.stack([normal[2], normal[3]], 1) / 8 * size * on[7][:, None])
    return _in_halves(matrix, size)


def _in_halves(matrix: Tensor, size: Tensor) -> Tensor:
    """Return a map of pixels from the middle as one of halves of a side, which ``affine_grid`` counts in."""
    half = torch.cat([size / 2, size.new_ones(1)])
    return (matrix * half / half[:, None])[:, :2]


def _scaled(across: Tensor, along: Tensor) -> Tensor:
    return torch.diag_embed(torch.stack([across, along, torch.ones_like(across)], 1))


def _turned(angle: Tensor) -> Tensor:
    cosine, sine, zero = torch.cos(angle), torch.sin(angle), torch.zeros_like(angle)
    rows = [cosine, -sine, zero, sine, cosine, zero, zero, zero, torch.ones_like(angle)]
    return torch.stack(rows, 1).reshape(-1, 3, 3)


def _moved(by: Tensor) -> Tensor:
    matrix = torch.eye(3, dtype=by.dtype, device=by.device).repeat(len(by), 1, 1)
    matrix[:, :2, 2] = by
    return matrix
