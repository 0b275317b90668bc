"""Ways through latent space, one for each direction that a model has: its codes, or what its G heeds most.

Where samples are made of representations, directions are the principal ones of real pictures' representations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.inference.directions import directions, vectors
from ganbench.inference.model import Model
from ganbench.latents import Codes, Gaussian

MOST = 10  # directions, the foremost ones, where there is one for each number of the latent
POINTS = 5
REACH = 2.0
_ITEMS = 2000


@dataclass(frozen=True)
class LatentTraversals:
    """Latents ``[rows, points, size]`` by the name of the direction, and in words what directions they are.

    Row i of every direction starts from the same latent.
    """

    of: str
    latents: Mapping[str, Tensor]


def latent_traversals(model: Model, rows: int, seed: int) -> LatentTraversals:
    """Return ways of ``rows`` latents along each direction, which are nowhere else changed.

    A categorical code goes through its values; a continuous one, and the part of a latent that lies along a direction,
    goes from -2 to 2 in equal steps (in standard deviations along principal directions, in the typical size of the
    latent's numbers along others).

    Raises:
        UserError: the model has no directions, or its samples start from pictures.
    """
    codes: Codes | None = getattr(model.latent, "codes", None)
    noise: int | None = getattr(model.algorithm, "noise", None)
    z = vectors(model, rows, seed)
    if codes is not None:
        return LatentTraversals("codes", _along_codes(z, codes))
    if noise is not None:
        middle, found = _principal(model, noise)
        words = "principal directions of the representations of real pictures"
    else:
        found = directions(model, z)[:MOST]
        middle, words = torch.zeros(found.shape[1]), "closed-form directions of G's first layer"
    return LatentTraversals(
        words, {f"direction-{k + 1}": _along(z, middle, step) for k, step in enumerate(found)}
    )


def _along_codes(z: Tensor, codes: Codes) -> dict[str, Tensor]:
    ways, start = {}, z.shape[1] - codes.size
    for number, size in enumerate(codes.categorical):
        way = z[:, None].repeat(1, size, 1)
        way[:, :, start : start + size] = torch.eye(size)
        ways[f"categorical-{number + 1}"] = way
        start += size
    for number in range(codes.continuous):
        way = z[:, None].repeat(1, POINTS, 1)
        way[:, :, start + number] = torch.linspace(-REACH, REACH, POINTS)
        ways[f"continuous-{number + 1}"] = way
    return ways


def _along(z: Tensor, middle: Tensor, step: Tensor) -> Tensor:
    """Return latents ``[rows, points, size]`` whose part along ``step`` goes from -2 to 2 steps from the middle."""
    unit = torch.nn.functional.normalize(step, dim=0)
    without = z - ((z - middle) @ unit)[:, None] * unit
    return without[:, None] + torch.linspace(-REACH, REACH, POINTS)[:, None] * step


def _principal(model: Model, noise: int) -> tuple[Tensor, Tensor]:
    """Return the mean latent of real pictures, and the foremost principal directions, a standard deviation long."""
    count = min(_ITEMS, model.items.info.size)
    if count < 2:
        raise UserError("principal directions need at least 2 real pictures")
    told = model.encode(model.items.items(torch.arange(count)))
    told[:, :noise] = 0
    middle = told.mean(0)
    _, lengths, vectors = torch.linalg.svd((told - middle).double(), full_matrices=False)
    steps = lengths[:, None] / count**0.5 * vectors
    return middle, steps[lengths > lengths[0] * 1e-6][:MOST].float()


def between(model: Model, a: Tensor, b: Tensor, t: float) -> Tensor:
    """Return what lies a share ``t`` of the way from latents ``a`` to ``b`` (``[N, size]`` each).

    For a Gaussian the sum of the two is divided by its standard deviation, so that what lies between two draws is as
    likely as a draw; other latents go straight.
    """
    mixed = (1 - t) * a + t * b
    return mixed / math.hypot(1 - t, t) if isinstance(model.latent, Gaussian) else mixed
