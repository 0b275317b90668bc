"""Known factors of images as training targets: classes, and vectors for continuous and cyclic factors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from ganbench.data.base import Dataset


class FactorDataset(Dataset, Protocol):
    """A data set that knows the generative factors of its images."""

    def factors(self, index: Tensor) -> dict[str, Tensor]:
        """Return each factor ``[N]``: integers for classes, float64 for continuous factors."""

    def periods(self, index: Tensor) -> dict[str, Tensor]:
        """Return the period ``[N]`` of each cyclic factor, 0 where it has none."""


@dataclass(frozen=True)
class Factor:
    """A factor and the size of a prediction of it: the number of classes, or the length of a vector."""

    name: str
    size: int
    is_class: bool


def factor_targets(dataset: FactorDataset, index: Tensor) -> dict[str, Tensor]:
    """Return the training target of each factor: classes int64 ``[N]``, or vectors float32 ``[N, 1 or 2]``.

    A cyclic factor becomes the cosine and sine of its phase, so that both ends of its range are equal; items without
    a period, such as the rotation of a circle, become (0, 0).
    """
    periods, targets = dataset.periods(index), {}
    for name, values in dataset.factors(index).items():
        if not values.is_floating_point():
            targets[name] = values
        elif name in periods:
            period = periods[name]
            phase = 2 * math.pi * values / torch.where(period > 0, period, 1.0)
            circle = torch.stack([phase.cos(), phase.sin()], 1)
            targets[name] = (circle * (period > 0)[:, None]).float()
        else:
            targets[name] = values.float()[:, None]
    return targets


def infer_factors(targets: Mapping[str, Tensor]) -> tuple[Factor, ...]:
    """Return the factors of a data set, given the :func:`factor_targets` of all its items."""
    return tuple(
        Factor(name, values.shape[1], False)
        if values.is_floating_point()
        else Factor(name, int(values.max()) + 1, True)
        for name, values in targets.items()
    )


def factor_loss(factors: tuple[Factor, ...], outputs: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
    """Return the sum over factors of the cross-entropy (classes) or mean squared error (vectors).

    Args:
        factors: The factors.
        outputs: ``[N, sum of sizes]``: logits of classes and predicted vectors, in the order of the factors.
        targets: The targets by factor.
    """
    losses = []
    for factor, output in zip(factors, torch.split(outputs, [f.size for f in factors], 1), strict=True):
        loss = functional.cross_entropy if factor.is_class else functional.mse_loss
        losses.append(loss(output, targets[factor.name]))
    return torch.stack(losses).sum()


def prediction_quality(targets: Mapping[str, Tensor], predictions: Mapping[str, Tensor]) -> dict[str, float]:
    """Return the quality of the predictions of each factor: the accuracy of classes, R² of vectors."""
    quality = {}
    for name, values in targets.items():
        if values.is_floating_point():
            error = (values - predictions[name]).double().square().sum()
            quality[name] = 1 - float(error / (values - values.mean(0)).double().square().sum())
        else:
            quality[name] = float((values == predictions[name]).double().mean())
    return quality
