"""Cheap metrics for the health rules: how diverse the samples are, and how well D separates real from generated."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganbench.errors import NotFiniteError, UserError
from ganbench.inference.critic_scores import critic_scores
from ganbench.inference.model import Model

_MAX_SAMPLES = 256  # all pairwise distances are computed


def health_metrics(model: Model, samples: Tensor, real: Tensor) -> dict[str, float]:
    """Return the metrics of a ``health`` event, each rounded to five digits.

    A metric that does not exist for the model is left out: D may not score single samples, or the loss may have no
    undecided value.

    Args:
        model: the model, for D's scores and the loss.
        samples: generated samples ``[N, ...]`` in the data's own units.
        real: as many real items ``[N, ...]``.

    Returns:
        ``spread`` and ``nearest``: see :func:`sample_diversity`. ``separation``: see :func:`separation`.
        ``undecided``: the adversarial loss of a D that scores everything 0.

    Raises:
        NotFiniteError: D's scores are not finite.
    """
    samples, real = _spread_choice(samples), _spread_choice(real)
    metrics = sample_diversity(samples, real)
    try:
        metrics["separation"] = separation(critic_scores(model, real), critic_scores(model, samples))
    except NotFiniteError:
        raise
    except UserError:  # D scores packs or pairs
        pass
    metrics["undecided"] = _undecided_loss(model)
    return {name: float(f"{value:.5g}") for name, value in metrics.items() if math.isfinite(value)}


def sample_diversity(samples: Tensor, real: Tensor) -> dict[str, float]:
    """Return distances between samples ``[N, ...]``, as fractions of those between real items ``[M, ...]``.

    ``spread`` is the mean distance between two samples, ``nearest`` the mean distance of a sample to its nearest
    neighbour. Both are NaN with fewer than two samples or real items, or if all real items are equal.
    """
    (mean, nearest), (real_mean, real_nearest) = _distances(samples), _distances(real)
    return {"spread": _ratio(mean, real_mean), "nearest": _ratio(nearest, real_nearest)}


def separation(real: Tensor, fake: Tensor) -> float:
    """Return the fraction of pairs (real, fake) in which D scores the real one higher (the ROC AUC).

    Ties count half: 1 if D separates them perfectly, 0.5 if not at all.
    """
    higher = (real[:, None] > fake[None]).double() + 0.5 * (real[:, None] == fake[None]).double()
    return float(higher.mean())


def _spread_choice(items: Tensor) -> Tensor:
    """Return at most 256 evenly spaced items: the first ones of a grid of many classes are of few classes."""
    count = min(len(items), _MAX_SAMPLES)
    return items[torch.arange(count) * len(items) // max(1, count)]


def _distances(items: Tensor) -> tuple[float, float]:
    """Return the mean distance between two items, and the mean distance to the nearest other item."""
    flat = items.reshape(len(items), -1).double()
    if len(flat) < 2:
        return math.nan, math.nan
    distances = torch.cdist(flat, flat, compute_mode="donot_use_mm_for_euclid_dist")
    mean = float(distances.sum()) / (len(flat) * (len(flat) - 1))
    return mean, float(distances.fill_diagonal_(math.inf).min(1).values.mean())


def _ratio(a: float, b: float) -> float:
    return a / b if b > 0 else math.nan


def _undecided_loss(model: Model) -> float:
    loss = model.algorithm.loss
    if loss is None:
        return math.nan
    value = float(loss.discriminator(torch.zeros(1), torch.zeros(1)).mean())
    return value if value > 0 else math.nan
