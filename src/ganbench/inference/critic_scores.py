"""The discriminator's scores of single samples."""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.algorithms.capabilities import ScoresSamples
from ganbench.errors import UserError
from ganbench.inference.finite import require_finite
from ganbench.inference.model import Model
from ganbench.utils.batched import eval_mode

_BATCH_SIZE = 4096


@torch.no_grad()
def critic_scores(model: Model, samples: Tensor) -> Tensor:
    """Return D's raw scores ``[N]``, float32 on the CPU, of samples ``[N, *shape]`` in the data's own units.

    Raises:
        UserError: D does not score single samples, or the model was packed without it.
        NotFiniteError: some scores are NaN or infinite.
    """
    algorithm = model.algorithm
    if not isinstance(algorithm, ScoresSamples):
        raise UserError(f"{type(algorithm).__name__} has no network that scores single samples")
    if "D" not in model.networks:
        raise UserError("this model was packed without D, so it scores no samples")
    batches = torch.split(model.info.from_data(samples), _BATCH_SIZE)
    with eval_mode(model.networks):
        scores = [algorithm.scores(model.networks, x.to(model.device)).cpu() for x in batches]
    return require_finite(torch.cat(scores).float(), "scores of D", model.networks, model.step)


def critic_unavailable_reason(model: Model) -> str | None:
    """Return why D's scores cannot be drawn over the space of the data; None if they can."""
    shape = model.info.shape
    if shape not in ((1,), (2,)):
        return f"D's scores can be drawn over a line or a plane, not over samples of shape {list(shape)}"
    try:
        critic_scores(model, torch.zeros(1, *shape))
    except UserError as reason:
        return str(reason)
    return None
