"""Directions of latent space that a generator's first layer heeds most, in closed form.

Closed-Form Factorization of Latent Semantics in GANs (SeFa), 2020, arXiv:2007.06600.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.in_parts import evaluating
from ganbench.model import Model
from ganbench.report.arrangement import Arrangement
from ganbench.report.interpolations import COLUMNS, vectors

_TRIED = 4  # layers, until one heeds the whole latent
_AT_ONCE = 512  # rows of a Jacobian


def directions(model: Model, z: Tensor) -> Tensor:
    """Return the moves from the first latent of ``z`` ``[N, size]`` that change the first layer most, then less.

    They are ``[K, size]``: the right singular vectors of that layer's weight, times the typical size of all these
    latents' numbers; K is its rank at most. The layer is the first that heeds every number of the latent. Of
    representations, whose length does not count, they are the moves near the first, and each part of the latent has
    a typical size of its own.

    Raises:
        UserError: no layer is such.
    """
    sizes = model.algorithm.lengths(model.networks, z.shape[1])
    units = torch.cat(
        [part.square().mean().sqrt().expand(part.shape[1]) for part in torch.split(z, sizes, 1)]
    )
    slopes = _slopes(model, z[:1]).double() * units
    found: Tensor = torch.linalg.svd(slopes, full_matrices=False).Vh
    return found.float() * units


def direction_arrangement(
    model: Model, rows: int, seed: int, columns: int = COLUMNS, reach: float = 3.0
) -> Arrangement:
    """Return one latent moved by the ``rows`` foremost :func:`directions`, each from ``-reach`` to ``reach`` times.

    Raises:
        UserError: samples are no pictures, or do not start from vectors that one layer heeds as a whole.
    """
    z = vectors(model, 1, seed)
    found = directions(model, z)[:rows]
    moved = z + torch.linspace(-reach, reach, columns)[None, :, None] * found[:, None, :]
    labels = model.labels(1)
    told = None if labels is None else labels.repeat(len(found) * columns)
    return Arrangement(moved.flatten(0, 1), told, columns)


class _Found(Exception):
    """The slopes of the layer that was looked for; carried out of the generator, of which no more is needed."""

    def __init__(self, slopes: Tensor) -> None:
        super().__init__()
        self.slopes = slopes


def _slopes(model: Model, z: Tensor) -> Tensor:
    """Return how the layer's output changes with the latent, ``[outputs, size]``."""
    latent = z.to(model.device).requires_grad_(True)
    tried: list[nn.Module] = []

    def look(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if output.requires_grad and len(tried) < _TRIED:
            tried.append(layer)
            slopes = _jacobian(output, latent)
            if bool(slopes.any(0).all()):
                raise _Found(slopes)

    layers = [
        m for m in model.networks.modules() if isinstance(m, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)
    ]
    hooks = [layer.register_forward_hook(look) for layer in layers]
    labels = model.labels(1)
    try:
        with evaluating(model.networks), torch.enable_grad():
            model.algorithm.sample(
                model.networks, latent, None if labels is None else labels.to(model.device)
            )
    except _Found as found:
        return found.slopes.detach().cpu()
    finally:
        for hook in hooks:
            hook.remove()
    raise UserError("no one layer of this model takes the whole latent, so it has no such directions")


def _jacobian(output: Tensor, latent: Tensor) -> Tensor:
    flat = output.flatten()
    rows = []
    for chunk in torch.split(torch.arange(len(flat)), _AT_ONCE):
        ones = torch.zeros(len(chunk), len(flat), device=flat.device)
        ones[torch.arange(len(chunk)), chunk] = 1
        (part,) = torch.autograd.grad(
            flat, latent, ones, retain_graph=True, is_grads_batched=True, allow_unused=True
        )
        rows.append(torch.zeros(len(chunk), latent.shape[1]) if part is None else part[:, 0])
    return torch.cat(rows)
