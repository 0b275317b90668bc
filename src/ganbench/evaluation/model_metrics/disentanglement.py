"""Score which latent direction controls which known factor, as a trained network measures it on samples.

Two scores: the mutual information gap of Isolating Sources of Disentanglement in Variational Autoencoders (2018),
arXiv:1802.04942, on random samples; and the same gap with shares of a factor's spread along a direction in place of
shares of its entropy, beside the disentanglement score of A Framework for the Quantitative Evaluation of Disentangled
Representations (2018), ICLR.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol, TypeGuard

import torch
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.inference.labels import balanced_labels
from ganbench.inference.model import Model
from ganbench.inference.traversals import POINTS, REACH, LatentTraversals, latent_coordinates
from ganbench.metrics.disentanglement.factors import FactorDataset
from ganbench.metrics.disentanglement.mutual_information_gap import BINS, mutual_information_gap
from ganbench.metrics.record import versions
from ganbench.metrics.score import JSON, Score

SAMPLES = 2000
INFORMATION_SAMPLES = 5000
ROWS = 200
MIN_QUALITY = (
    0.5  # held-out accuracy or R² of a factor's prediction; below, the prediction says little about it
)


class Predictor(Protocol):
    """Predicts factors from images."""

    @property
    def quality(self) -> Mapping[str, float]:
        """How well each factor is predicted on held-out real images: accuracy or R²."""

    @property
    def record(self) -> Mapping[str, JSON]:
        """What it was trained on, and how well it predicts."""

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        """Return each factor of uint8 ``[N, C, H, W]``: class numbers int64 ``[N]``, or vectors ``[N, 1 or 2]``."""


def has_factors(items: Dataset) -> TypeGuard[FactorDataset]:
    """Whether a data set provides the factors of its images."""
    return hasattr(items, "factors") and hasattr(items, "periods")


def require_factors(items: Dataset) -> FactorDataset:
    """Return the data set. Raises UserError if it does not provide the factors of its images."""
    if not has_factors(items):
        raise UserError(
            f"'disentanglement' needs data whose factors are known, such as shapes, and '{items.info.name}' has none"
        )
    return items


def disentanglement_scores(
    model: Model, traversals: LatentTraversals, predictor: Predictor, seed: int = 0
) -> list[Score]:
    """Score the traversals of :func:`ganbench.inference.traversals.latent_traversals`, with networks in eval mode.

    The table has one number from 0 to 1 for each direction and factor. For a class it is the share of samples whose
    class changes along the direction; for a continuous factor it is the root mean square deviation along the direction,
    divided by that of random samples, at most 1. The value is the mean over factors of the gap between the direction
    that changes the factor most and the next one: 1 if a single direction controls each factor. Factors that are
    predicted with an accuracy or R² below one half appear in the table only.

    Raises:
        UserError: no factor is predicted well enough.
    """
    counted_factors = _well_predicted(predictor)
    factors = predictor(model.sample(SAMPLES, seed=seed))
    spread = {
        name: _deviation(values[None]) for name, values in factors.items() if values.is_floating_point()
    }
    table = {name: _row(model, path, predictor, spread) for name, path in traversals.latents.items()}
    gaps = {name: _gap([row[name] for row in table.values()]) for name in counted_factors}
    measured: dict[str, Any] = {
        "samples": SAMPLES,
        "ways": {
            "of": traversals.kind,
            "each": len(next(iter(traversals.latents.values()))),
            "points": POINTS,
            "reach": REACH,
        },
        "reader": dict(predictor.record),
        "counted": counted_factors,
        "generator": {"step": model.step, "weights": model.weights},
        "seed": seed,
        "versions": versions("ganbench", "torch"),
    }
    details: dict[str, JSON] = {
        "gaps": gaps,
        "one_factor_each": _one_factor_each(
            [[row[name] for name in counted_factors] for row in table.values()]
        ),
        "table": table,
    }
    value = sum(gaps.values()) / len(gaps)
    return [Score(name="disentanglement", value=value, better="higher", details=details, measured=measured)]


def mutual_information_scores(model: Model, predictor: Predictor, seed: int = 0) -> list[Score]:
    """Score the mutual information of directions and factors in random samples, with networks in eval mode.

    The value is the mean over factors of the gap between the two directions whose coordinates know most about the
    factor, as a share of its entropy: 1 if a single direction determines each factor. The factors that count are those
    of :func:`disentanglement_scores`.

    Raises:
        UserError: no factor is predicted well enough.
    """
    counted_factors = _well_predicted(predictor)
    latents, coordinates = latent_coordinates(model, INFORMATION_SAMPLES, seed)
    factors = predictor(model.decode(latents, model.labels(len(latents))))
    gap = mutual_information_gap(coordinates, {name: factors[name] for name in counted_factors})
    measured: dict[str, Any] = {
        "samples": INFORMATION_SAMPLES,
        "bins": BINS,
        "directions": len(coordinates),
        "reader": dict(predictor.record),
        "counted": counted_factors,
        "generator": {"step": model.step, "weights": model.weights},
        "seed": seed,
        "versions": versions("ganbench", "torch"),
    }
    details: dict[str, JSON] = {
        "gaps": dict(gap.gaps),
        "table": {name: dict(row) for name, row in gap.shares.items()},
    }
    return [Score(name="mig", value=gap.value, better="higher", details=details, measured=measured)]


def _well_predicted(predictor: Predictor) -> list[str]:
    """Return the factors that count. Raises UserError if there are none."""
    names = [name for name, quality in predictor.quality.items() if quality >= MIN_QUALITY]
    if not names:
        raise UserError(
            f"'disentanglement': no factor of the data is predicted well enough (accuracy or R² of {MIN_QUALITY}); "
            "train on more images"
        )
    return names


def _row(model: Model, paths: Tensor, predictor: Predictor, spread: Mapping[str, float]) -> dict[str, float]:
    """Return how much each factor changes along the paths ``[rows, points, size]`` of one direction."""
    rows, points = paths.shape[:2]
    classes = len(model.classes)
    labels = balanced_labels(rows, classes).repeat_interleave(points) if classes else None
    factors = predictor(model.decode(paths.flatten(0, 1), labels))
    changes = {}
    for name, values in factors.items():
        along_path = values.reshape(rows, points, *values.shape[1:])
        if not values.is_floating_point():
            changes[name] = float((along_path != along_path[:, :1]).any(1).double().mean())
        elif spread[name] > 0:
            changes[name] = min(1.0, _deviation(along_path) / spread[name])
        else:
            changes[name] = 0.0
    return changes


def _deviation(values: Tensor) -> float:
    """Return the root mean square distance of vectors ``[rows, points, D]`` from the mean of their row."""
    centered = values.double() - values.double().mean(1, keepdim=True)
    return float(centered.square().sum(2).mean().sqrt())


def _gap(column: list[float]) -> float:
    """Return the difference of the two largest numbers; of a single one, its value."""
    first, second, *_ = [*sorted(column, reverse=True), 0.0]
    return first - second


def _one_factor_each(rows: list[list[float]]) -> float:
    """Return 1 minus each row's normalized entropy, averaged with the row sums as weights; 0 if all are 0."""
    table = torch.tensor(rows, dtype=torch.float64)
    sums = table.sum(1, keepdim=True)
    if float(sums.sum()) == 0 or table.shape[1] < 2:
        return 0.0
    shares = table / sums.clamp(min=1e-12)
    entropy = -torch.xlogy(shares, shares).sum(1) / math.log(table.shape[1])
    return float(((1 - entropy) * sums[:, 0]).sum() / sums.sum())
