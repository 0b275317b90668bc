"""Latent directions to which the first layer of a generator responds most, in closed form.

Closed-Form Factorization of Latent Semantics in GANs (SeFa), 2020, arXiv:2007.06600.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.algorithms.capabilities import Samples, SplitsLatents
from ganbench.errors import UserError
from ganbench.inference.finite import require_finite
from ganbench.inference.model import Model
from ganbench.utils.batched import eval_mode

_MAX_LAYERS = 4  # the maximum number of layers to try
_JACOBIAN_ROWS = 512  # computed at once


def directions(model: Model, z: Tensor) -> Tensor:
    """Return the directions ``[K, size]`` that change the generator's first layer, strongest first.

    They are the right singular vectors of that layer's weight, scaled by the root mean square of the latents ``z``
    ``[N, size]``; K is at most the layer's rank. The layer is the first one that depends on every number of the latent.
    If the algorithm normalizes representations, they are directions of small changes of the first latent, and each
    part of the latent has its own scale.

    Raises:
        UserError: none of the first layers depends on the whole latent.
    """
    algorithm, size = model.algorithm, z.shape[1]
    sizes = algorithm.latent_sizes(model.networks, size) if isinstance(algorithm, SplitsLatents) else [size]
    scale = torch.cat(
        [part.square().mean().sqrt().expand(part.shape[1]) for part in torch.split(z, sizes, 1)]
    )
    jacobian = _first_layer_jacobian(model, z[:1]).double() * scale
    require_finite(jacobian, "derivatives of the first layer", model.networks, model.step)
    singular_vectors: Tensor = torch.linalg.svd(jacobian, full_matrices=False).Vh
    return singular_vectors.float() * scale


class _JacobianFound(Exception):
    """Carries the Jacobian out of a generator's forward pass, of which the rest is not needed."""

    def __init__(self, jacobian: Tensor) -> None:
        super().__init__()
        self.jacobian = jacobian


def _first_layer_jacobian(model: Model, z: Tensor) -> Tensor:
    """Return the Jacobian ``[outputs, size]`` of the first layer that depends on the whole latent."""
    algorithm = model.algorithm
    assert isinstance(algorithm, Samples), "latents belong to a generator"
    latent = z.to(model.device).requires_grad_(True)
    layers_tried: list[nn.Module] = []

    def hook(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if output.requires_grad and len(layers_tried) < _MAX_LAYERS:
            layers_tried.append(layer)
            jacobian = _jacobian(output, latent)
            if bool(jacobian.any(0).all()):
                raise _JacobianFound(jacobian)

    layers = [
        m for m in model.networks.modules() if isinstance(m, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)
    ]
    hooks = [layer.register_forward_hook(hook) for layer in layers]
    labels = model.labels(1)
    try:
        with eval_mode(model.networks), torch.enable_grad():
            algorithm.sample(model.networks, latent, None if labels is None else labels.to(model.device))
    except _JacobianFound as result:
        return result.jacobian.detach().cpu()
    finally:
        for handle in hooks:
            handle.remove()
    raise UserError("no layer of this model takes the whole latent, so it has no closed-form directions")


def _jacobian(output: Tensor, latent: Tensor) -> Tensor:
    flat = output.flatten()
    rows = []
    for index in torch.split(torch.arange(len(flat)), _JACOBIAN_ROWS):
        one_hot = torch.zeros(len(index), len(flat), device=flat.device)
        one_hot[torch.arange(len(index)), index] = 1
        (gradient,) = torch.autograd.grad(
            flat, latent, one_hot, retain_graph=True, is_grads_batched=True, allow_unused=True
        )
        rows.append(torch.zeros(len(index), latent.shape[1]) if gradient is None else gradient[:, 0])
    return torch.cat(rows)


def latent_vectors(model: Model, n: int, seed: int, truncation: float | None = None) -> Tensor:
    """Return latents ``[n, size]`` for figures that move images through latent space.

    Raises:
        UserError: the model generates no samples, its samples are points, or they do not start from vectors.
    """
    if not model.generates:
        raise UserError(f"{type(model.algorithm).__name__} generates no samples; it only encodes items")
    if model.info.kind != "image":
        raise UserError("this figure shows rows of images, but this model's samples are points")
    latents = model.latents(n, seed, truncation=truncation)
    if latents.dim() != 2 or not latents.shape[1]:
        raise UserError("this model's samples start from images instead of latent vectors")
    return latents
