"""How steep a critic is at given samples: the squared norm that the gradient penalties share."""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.regularizers.base import Critic


def squared_gradient_norm(critic: Critic, x: Tensor, y: Tensor | None = None) -> Tensor:
    """Return the squared Euclidean norm of the critic's gradient at ``x``, ``[N]``, at least 0.

    ``x`` is ``[N, *shape]`` (points or pictures), ``y`` the condition that goes with it, or None. The
    result can be differentiated again, for the critic's parameters. It is computed in float32 even under
    autocast, since squared gradients of half precision lose too much. The caller's ``x`` is neither changed
    nor asked for gradients.

    Samples are told apart by summing their scores, so a critic that mixes them (batch norm) gets the gradient
    of all scores at each sample, as is usual.
    """
    with torch.enable_grad(), torch.autocast(x.device.type, enabled=False):
        x = x.detach().float().requires_grad_(True)
        (gradient,) = torch.autograd.grad(critic(x, y).sum(), x, create_graph=True)
        return gradient.square().flatten(1).sum(1)


def gradient_norm(critic: Critic, x: Tensor, y: Tensor | None = None) -> Tensor:
    """Return the Euclidean norm of the critic's gradient at ``x``, ``[N]``, as :func:`squared_gradient_norm` has it.

    The square root's own slope is infinite at 0; a tiny floor keeps it finite where a critic is flat.
    """
    return (squared_gradient_norm(critic, x, y) + 1e-16).sqrt()
