"""Ways through latent space: from latent to latent, and along the directions that G's first layer heeds most."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.model import Model
from ganbench.networks.layers.initialisation import stored_weight
from ganbench.report.arrangement import Arrangement

_COLUMNS = 10


def slerp(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    """Return points on great arcs from ``start`` to ``end``, ``[N, size]`` each, at ``share`` ``[N, 1]`` of the way.

    Lengths change in equal steps, so that points between Gaussian latents are as long as these. Between vectors that
    point the same way, or to opposite sides, the way is straight.
    """
    lengths = (1 - share) * start.norm(dim=1, keepdim=True) + share * end.norm(dim=1, keepdim=True)
    one, two = (nn.functional.normalize(x) for x in (start, end))
    angle = torch.acos((one * two).sum(1, keepdim=True).clamp(-1, 1))
    sine = torch.sin(angle)
    along = (torch.sin((1 - share) * angle) * one + torch.sin(share * angle) * two) / sine.clamp(min=1e-6)
    return torch.where(sine > 1e-4, along * lengths, (1 - share) * start + share * end)


def interpolations(model: Model, rows: int, seed: int, columns: int = _COLUMNS) -> Arrangement:
    """Return ``rows`` ways of ``columns`` points, each from a latent to the next by :func:`slerp`; of one class a row.

    Raises:
        UserError: samples do not start from vectors.
    """
    ends = model.latents(rows + 1, seed)
    if ends.dim() != 2:
        raise UserError("this model's samples start from pictures, between which there is no way to go")
    share = torch.linspace(0, 1, columns).repeat(rows)[:, None]
    start, end = (z.repeat_interleave(columns, 0) for z in (ends[:-1], ends[1:]))
    labels = model.labels(rows)
    return Arrangement(
        slerp(start, end, share), None if labels is None else labels.repeat_interleave(columns), columns
    )


def directions(model: Model) -> Tensor:
    """Return the directions of latent space that change the first layer's output most, then less: ``[size, size]``.

    Rows of length 1: the eigenvectors of W'W for that layer's weight W, the largest eigenvalue first. Closed-Form
    Factorization of Latent Semantics in GANs (2020), arXiv:2007.06600.

    Raises:
        UserError: no layer of G takes the latent vector as it is.
    """
    size = model.latent.size
    for layer in model.networks["G"].modules() if "G" in model.networks else ():
        if isinstance(layer, nn.Linear) and layer.in_features >= size:
            weight = stored_weight(layer)[:, :size]
        elif isinstance(layer, nn.ConvTranspose2d) and layer.in_channels >= size:
            weight = stored_weight(layer)[:size].flatten(1).T
        elif isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            break
        else:
            continue
        matrix = weight.detach().double().cpu()
        vectors: Tensor = torch.linalg.eigh(matrix.T @ matrix).eigenvectors
        return vectors.flip(1).T.float()
    raise UserError(
        "no first layer of this model's G takes the latent as it is, so it has no such directions"
    )


def direction_arrangement(
    model: Model, rows: int, seed: int, columns: int = _COLUMNS, reach: float = 3.0
) -> Arrangement:
    """Return one latent moved along the ``rows`` foremost :func:`directions`, from ``-reach`` to ``reach`` a row."""
    found = directions(model)[:rows]
    z = model.latents(1, seed)
    steps = torch.linspace(-reach, reach, columns)
    moved = z + steps[None, :, None] * found[:, None, :]
    labels = model.labels(1)
    return Arrangement(
        moved.flatten(0, 1), None if labels is None else labels.repeat(len(found) * columns), columns
    )
