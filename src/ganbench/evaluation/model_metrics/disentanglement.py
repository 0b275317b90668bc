"""Score which direction of the latent governs which known factor, as read from samples by a trained network.

The value follows the mutual information gap of Isolating Sources of Disentanglement in Variational Autoencoders (2018),
arXiv:1802.04942, with shares of a factor's spread in the place of shares of its entropy. The second number is the
disentanglement of A Framework for the Quantitative Evaluation of Disentangled Representations (2018), ICLR.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol, TypeGuard

import torch
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.inference.traversals import POINTS, REACH, LatentTraversals
from ganbench.metrics.disentanglement.factors import Factored
from ganbench.metrics.record import versions
from ganbench.metrics.score import JSON, Score

SAMPLES = 2000
ROWS = 200
READABLE = 0.5  # of a factor's held-out quality: below, what is read says little of it


class Reader(Protocol):
    """What reads factors from pictures."""

    @property
    def quality(self) -> Mapping[str, float]:
        """How well each factor is read from real pictures: the share of right classes, or R²."""

    @property
    def record(self) -> Mapping[str, JSON]:
        """What it was trained on, and how well it reads."""

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        """Return each factor of uint8 ``[N, C, H, W]``: class numbers int64 ``[N]``, or vectors ``[N, 1 or 2]``."""


def has_factors(items: Dataset) -> TypeGuard[Factored]:
    """Say whether a set knows the factors of its pictures."""
    return hasattr(items, "factors") and hasattr(items, "cycles")


def require_factors(items: Dataset) -> Factored:
    """Return the set. Raises UserError if it does not know the factors of its pictures."""
    if not has_factors(items):
        raise UserError(
            f"'disentanglement' needs data whose factors are known, such as shapes, and '{items.info.name}' has none"
        )
    return items


def disentanglement_scores(
    model: Model, ways: LatentTraversals, reader: Reader, seed: int = 0
) -> list[Score]:
    """Score the ways of :func:`ganbench.inference.traversals.latent_traversals`; networks are in eval mode meanwhile.

    The table has for each direction and factor, from 0 to 1: of a class the share of samples in which it changes on the
    way; of a number the root mean square deviation on the way over that of random samples, at most 1. The value is the
    mean over factors of the gap between the direction that changes it most and the next one: 1 if each factor is
    governed by one direction alone. Factors that are read with less than half accuracy or R² are in the table only.

    Raises:
        UserError: no factor can be read well enough.
    """
    counted = [name for name, quality in reader.quality.items() if quality >= READABLE]
    if not counted:
        raise UserError(
            f"'disentanglement': no factor of the data is read well enough to be judged (accuracy or R² {READABLE}); "
            "more pictures would do"
        )
    read = reader(model.sample(SAMPLES, seed=seed))
    spread = {name: _deviation(values[None]) for name, values in read.items() if values.is_floating_point()}
    table = {name: _row(model, way, reader, spread) for name, way in ways.latents.items()}
    gaps = {name: _gap([row[name] for row in table.values()]) for name in counted}
    measured: dict[str, Any] = {
        "samples": SAMPLES,
        "ways": {
            "of": ways.of,
            "each": len(next(iter(ways.latents.values()))),
            "points": POINTS,
            "reach": REACH,
        },
        "reader": dict(reader.record),
        "counted": counted,
        "generator": {"step": model.step, "weights": model.weights},
        "seed": seed,
        "versions": versions("ganbench", "torch"),
    }
    details: dict[str, JSON] = {
        "gaps": gaps,
        "one_factor_each": _one_factor_each([[row[name] for name in counted] for row in table.values()]),
        "table": table,
    }
    value = sum(gaps.values()) / len(gaps)
    return [Score(name="disentanglement", value=value, better="higher", details=details, measured=measured)]


def _row(model: Model, way: Tensor, reader: Reader, spread: Mapping[str, float]) -> dict[str, float]:
    """Return how much each factor changes on the ways ``[rows, points, size]`` along one direction."""
    rows, points = way.shape[:2]
    labels = model.labels(rows)
    told = None if labels is None else labels.repeat_interleave(points)
    read = reader(model.decode(way.flatten(0, 1), told))
    changes = {}
    for name, values in read.items():
        on_the_way = values.reshape(rows, points, *values.shape[1:])
        if not values.is_floating_point():
            changes[name] = float((on_the_way != on_the_way[:, :1]).any(1).double().mean())
        elif spread[name] > 0:
            changes[name] = min(1.0, _deviation(on_the_way) / spread[name])
        else:
            changes[name] = 0.0
    return changes


def _deviation(values: Tensor) -> float:
    """Return the root mean square distance of vectors ``[rows, points, D]`` from the mean of their row."""
    apart = values.double() - values.double().mean(1, keepdim=True)
    return float(apart.square().sum(2).mean().sqrt())


def _gap(column: list[float]) -> float:
    """Return by how much the largest number is above the next one; a single one, above 0."""
    first, second, *_ = [*sorted(column, reverse=True), 0.0]
    return first - second


def _one_factor_each(rows: list[list[float]]) -> float:
    """Return 1 - the entropy of each row's shares over the largest possible, averaged by the rows' sums; 0 for none."""
    table = torch.tensor(rows, dtype=torch.float64)
    sums = table.sum(1, keepdim=True)
    if float(sums.sum()) == 0 or table.shape[1] < 2:
        return 0.0
    shares = table / sums.clamp(min=1e-12)
    entropy = -torch.xlogy(shares, shares).sum(1) / math.log(table.shape[1])
    return float(((1 - entropy) * sums[:, 0]).sum() / sums.sum())
