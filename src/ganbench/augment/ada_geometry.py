"""ADA's pixel blitting and geometric transformations, composed into one matrix per image."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganbench.utils.random_stream import RandomStream


def sampling_matrices(
    stream: RandomStream, p: Tensor, size: tuple[int, int], *, blit: bool, geometry: bool
) -> Tensor:
    """Return one random transformation per image, as matrices ``[N, 2, 3]`` for ``affine_grid``.

    They map positions in the augmented image to positions in the original. Distributions and order are the paper's
    (appendix B). Blitting: horizontal flips, quarter turns, shifts by whole pixels up to 1/8 of a side. Geometry:
    scaling by 2^N(0, 0.2²), rotation by any angle, stretching by 2^N(0, 0.2²), another rotation, shifts by
    N(0, 1/8²) of a side.

    Args:
        stream: The source of randomness.
        p: Probability of each transformation, ``[N]``.
        size: Height and width of the images.
        blit: Whether to include blitting.
        geometry: Whether to include geometric transformations.
    """
    n = len(p)
    gates, uniform, normal = stream.uniform(n, 8), stream.uniform(n, 6).T, stream.normal(n, 4).T
    rotation_p = 1 - (1 - p).sqrt()  # at least one of the two rotations happens with probability p
    probabilities = torch.stack([p, p, p, p, rotation_p, p, rotation_p, p], 1)
    on = (gates < probabilities).T.float()
    width_height = torch.tensor([size[1], size[0]], dtype=p.dtype, device=p.device)
    matrix = torch.eye(3, dtype=p.dtype, device=p.device).expand(n, 3, 3)
    if blit:
        one = torch.ones_like(p)
        matrix = matrix @ _scaling(1 - 2 * on[0] * (uniform[0] < 0.5), one)
        matrix = matrix @ _rotation(on[1] * (uniform[1] * 4).floor() * (math.pi / 2))
        shift = torch.stack([uniform[2], uniform[3]], 1).sub(0.5).div(4).mul(width_height).round()
        matrix = matrix @ _translation(shift * on[2][:, None])
    if geometry:
        scale, stretch = torch.exp2(-0.2 * normal[0] * on[3]), torch.exp2(0.2 * normal[1] * on[5])
        matrix = matrix @ _scaling(scale, scale)
        matrix = matrix @ _rotation(on[4] * (uniform[4] - 0.5) * (2 * math.pi))
        matrix = matrix @ _scaling(stretch, 1 / stretch)
        matrix = matrix @ _rotation(on[6] * (uniform[5] - 0.5) * (2 * math.pi))
        shift = torch.stack([normal[2], normal[3]], 1) / 8 * width_height
        matrix = matrix @ _translation(shift * on[7][:, None])
    return _normalised_coordinates(matrix, width_height)


def _normalised_coordinates(matrix: Tensor, width_height: Tensor) -> Tensor:
    """Convert maps in pixels from the centre to maps in half sides, the unit of ``affine_grid``."""
    half = torch.cat([width_height / 2, width_height.new_ones(1)])
    return (matrix * half / half[:, None])[:, :2]


def _scaling(x: Tensor, y: Tensor) -> Tensor:
    return torch.diag_embed(torch.stack([x, y, torch.ones_like(x)], 1))


def _rotation(angle: Tensor) -> Tensor:
    cosine, sine, zero = torch.cos(angle), torch.sin(angle), torch.zeros_like(angle)
    rows = [cosine, -sine, zero, sine, cosine, zero, zero, zero, torch.ones_like(angle)]
    return torch.stack(rows, 1).reshape(-1, 3, 3)


def _translation(shift: Tensor) -> Tensor:
    matrix = torch.eye(3, dtype=shift.dtype, device=shift.device).repeat(len(shift), 1, 1)
    matrix[:, :2, 2] = shift
    return matrix
