"""Directions of latent space to which the first layer of a generator responds most, in closed form (SeFa)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.utils.batched import evaluating

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


def vectors(model: Model, n: int, seed: int, truncation: float | None = None) -> Tensor:
    """Return latents ``[n, size]`` for pictures in rows.

    Raises:
        UserError: there are no samples, they are no pictures, or do not start from vectors.
    """
    if not model.algorithm.generates:
        raise UserError(f"{type(model.algorithm).__name__} makes no samples; it only reads items")
    if model.info.kind != "image":
        raise UserError(
            "ways through the latents are drawn as rows of pictures, but this model's samples are points"
        )
    found = model.latents(n, seed, truncation=truncation)
    if found.dim() != 2 or not found.shape[1]:
        raise UserError("this model's samples start from pictures, between which there is no way to go")
    return found
