"""Cheap numbers about a model at a sample step, for the rules: how varied its samples are, how sure D is."""

from __future__ import annotations

import math
from contextlib import suppress

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.inference.critic_scores import scores_of
from ganbench.inference.model import Model

_MOST = 256  # samples; all their distances are taken


def health_numbers(model: Model, samples: Tensor, real: Tensor) -> dict[str, float]:
    """Return the numbers of a ``health`` event, for samples and as many real items in the data's own units.

    ``spread`` is the mean distance between two samples, ``nearest`` that of a sample to its nearest neighbour, both
    as shares of the real items' (:func:`variety`). ``separation`` is the share of pairs (real, generated) of which D
    scores the real one higher, one half for ties. ``undecided`` is the adversarial loss of a D that scores everything
    0. What cannot be had (D judges no single samples, the loss has no such value) is left out. Five digits are kept.
    """
    samples, real = samples[:_MOST], real[:_MOST]
    found = variety(samples, real)
    with suppress(UserError):  # D judges packs or pairs
        found["separation"] = separation(scores_of(model, real), scores_of(model, samples))
    found["undecided"] = _undecided(model)
    return {name: float(f"{value:.5g}") for name, value in found.items() if math.isfinite(value)}


def variety(samples: Tensor, real: Tensor) -> dict[str, float]:
    """Return ``spread`` and ``nearest``: distances among samples ``[N, ...]`` as shares of those among real ones.

    Not a number where there are fewer than two of either, or the real ones are all the same.
    """
    (apart, near), (real_apart, real_near) = _distances(samples), _distances(real)
    return {"spread": _share(apart, real_apart), "nearest": _share(near, real_near)}


def separation(real: Tensor, fake: Tensor) -> float:
    """Return the share of pairs whose real score is above the fake one, ties half: 1 if D tells all, .5 if none."""
    higher = (real[:, None] > fake[None]).double() + 0.5 * (real[:, None] == fake[None]).double()
    return float(higher.mean())


def _distances(items: Tensor) -> tuple[float, float]:
    """Return the mean distance of two items and the mean distance to the nearest other."""
    flat = items.reshape(len(items), -1).double()
    if len(flat) < 2:
        return math.nan, math.nan
    distances = torch.cdist(flat, flat, compute_mode="donot_use_mm_for_euclid_dist")
    apart = float(distances.sum()) / (len(flat) * (len(flat) - 1))
    return apart, float(distances.fill_diagonal_(math.inf).min(1).values.mean())


def _share(a: float, b: float) -> float:
    return a / b if b > 0 else math.nan


def _undecided(model: Model) -> float:
    loss = getattr(model.algorithm, "loss", None)
    if loss is None:
        return math.nan
    value = float(loss.discriminator(torch.zeros(1), torch.zeros(1)).mean())
    return value if value > 0 else math.nan
