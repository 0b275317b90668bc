"""Norms of the critic's gradient with respect to its input, as shared by the gradient penalties."""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.regularizers.base import Critic


def squared_gradient_norm(critic: Critic, x: Tensor, y: Tensor | None = None) -> Tensor:
    """Return the squared Euclidean norm of the critic's gradient at ``x``, ``[N]``, at least 0.

    ``x`` is ``[N, *shape]`` (points or images), ``y`` its condition, or None. The result is differentiable with
    respect to the critic's parameters. It is computed in float32 even under autocast, since squared gradients lose
    too much in half precision. The caller's ``x`` is not modified and gets no gradient.

    The gradient is that of the sum of all scores. For a critic that mixes samples (batch norm) it therefore includes
    the effect of each sample on the other scores, as in common implementations.
    """
    with torch.enable_grad(), torch.autocast(x.device.type, enabled=False):
        x = x.detach().float().requires_grad_(True)
        (gradient,) = torch.autograd.grad(critic(x, y).sum(), x, create_graph=True)
        return gradient.square().flatten(1).sum(1)


def gradient_norm(critic: Critic, x: Tensor, y: Tensor | None = None) -> Tensor:
    """Return the Euclidean norm of the critic's gradient at ``x``, ``[N]``; see :func:`squared_gradient_norm`.

    The derivative of the square root is infinite at 0; a small constant keeps it finite where the critic is flat.
    """
    return (squared_gradient_norm(critic, x, y) + 1e-16).sqrt()
