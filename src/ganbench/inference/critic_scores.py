"""TODO."""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.utils.batched import evaluating

_CHUNK = 4096


@torch.no_grad()
def scores_of(model: Model, points: Tensor) -> Tensor:
    """Return D's raw scores ``[N]``, float32 on the CPU, of samples ``[N, *shape]`` in the data's own units.

    Raises:
        UserError: D does not judge samples one by one.
    """
    seen = model.info.from_data(points)
    with evaluating(model.networks):
        scored = [
            model.algorithm.scores(model.networks, x.to(model.device)).cpu()
            for x in torch.split(seen, _CHUNK)
        ]
    return torch.cat(scored).float()


def why_not(model: Model) -> str | None:
    """Return why :func:`critic_picture` cannot draw this model, None if it can."""
    shape = model.info.shape
    if shape not in ((1,), (2,)):
        return f"D's scores can be drawn over a line or a plane, not over samples of shape {list(shape)}"
    try:
        scores_of(model, torch.zeros(1, *shape))
    except UserError as reason:
        return str(reason)
    return None
