"""Distances of one-dimensional data: Wasserstein-1 and Kolmogorov-Smirnov, both exact.

Both compare two empirical distribution functions, of any two numbers of items: the first is the area between them,
the second their largest difference. Nothing is binned or fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.base import Metric
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import Better, Kind, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

SPLITS = 20  # random splits of the real items, for the noise floor


def wasserstein_1(a: Tensor, b: Tensor) -> float:
    """Return the Wasserstein-1 distance of two sets of numbers ``[N]`` and ``[M]``, in their unit.

    It is the area between the two distribution functions: the mean distance that the numbers of one must move to
    become the other. Raises ValueError unless both are one-dimensional, non-empty and finite.
    """
    values, cdf_a, cdf_b = _distribution_functions(a, b)
    return float(((cdf_a - cdf_b)[:-1].abs() * values.diff()).sum())


def kolmogorov_smirnov(a: Tensor, b: Tensor) -> float:
    """Return the largest difference, in 0..1, between the distribution functions of numbers ``[N]`` and ``[M]``.

    Raises ValueError unless both are one-dimensional, non-empty and finite.
    """
    _, cdf_a, cdf_b = _distribution_functions(a, b)
    return float((cdf_a - cdf_b).abs().max())


def _distribution_functions(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return all values in ascending order and, at each, the fraction of ``a`` and of ``b`` that is not above it."""
    for x in (a, b):
        if x.ndim != 1 or len(x) == 0 or not bool(x.isfinite().all()):
            raise ValueError(f"needs finite numbers [N] with N > 0, not {list(x.shape)}")
    a, b = (x.detach().to("cpu", torch.float64).sort().values for x in (a, b))
    values = torch.cat([a, b]).sort().values
    cdf_a, cdf_b = (torch.searchsorted(x, values, right=True).double() / len(x) for x in (a, b))
    return values, cdf_a, cdf_b


@dataclass(frozen=True)
class OneDimensionalDistance(Metric):
    """A distance between the samples, 5,000 by default, and all items of a one-dimensional reference.

    The details hold the noise floor: the distance of real items from other real items, as many as there are samples
    if the data suffice. ``real_against_real`` is the mean over 20 splits, ``real_against_real_worst`` the maximum.
    No generator should be expected below it.
    """

    better: ClassVar[Better] = "lower"
    kind: ClassVar[Kind] = "points"
    min_samples: ClassVar[int] = 250  # with fewer, the score is mostly noise
    default_samples: ClassVar[int] = 5000  # a quarter of the 20,000 items that the data sets have

    metric_name: str
    distance: Callable[[Tensor, Tensor], float]

    @property
    def name(self) -> str:
        """The name; the metric has no settings."""
        return self.metric_name

    def begin(self, reference: Dataset) -> OneDimensionalMeasurement:
        """Return an empty measurement. Raises UserError if the reference is not one-dimensional."""
        if reference.info.shape != (1,):
            raise UserError(
                f"metric '{self.name}' judges single numbers, but the items of '{reference.info.name}' have "
                f"shape {list(reference.info.shape)}; use 'modes'"
            )
        return OneDimensionalMeasurement(self, reference)


def wasserstein_1_metric() -> OneDimensionalDistance:
    """Return the metric ``w1``."""
    return OneDimensionalDistance("w1", wasserstein_1)


def kolmogorov_smirnov_metric() -> OneDimensionalDistance:
    """Return the metric ``ks``."""
    return OneDimensionalDistance("ks", kolmogorov_smirnov)


class OneDimensionalMeasurement:
    """The samples so far."""

    def __init__(self, metric: OneDimensionalDistance, reference: Dataset) -> None:
        self._metric, self._reference = metric, reference
        self._batches: list[Tensor] = []

    def add(self, batch: SampleBatch) -> None:
        """Add a batch of numbers, ``[B, 1]``."""
        self._batches.append(batch.samples.detach().to("cpu", torch.float64)[:, 0])

    def score(self) -> Score:
        """Return the distance of all samples so far from all items. Raises UserError if some are not finite."""
        samples, size = torch.cat(self._batches), self._reference.info.size
        not_finite = int((~samples.isfinite()).sum())
        if not_finite:
            raise UserError(
                f"metric '{self._metric.name}': {not_finite:,} of {len(samples):,} samples are not finite numbers, "
                "so their distance is undefined; the generator has diverged"
            )
        real = self._reference.items(torch.arange(size))[:, 0]
        floors = noise_floors(real, len(samples), self._metric.distance)
        return Score(
            name=self._metric.name,
            value=self._metric.distance(samples, real),
            better=self._metric.better,
            details={
                "real_against_real": sum(floors) / len(floors) if floors else None,
                "real_against_real_worst": max(floors, default=None),
                "sample_mean": float(samples.mean()),
                "sample_std": float(samples.std(correction=0)),
                "real_mean": float(real.double().mean()),
                "real_std": float(real.double().std(correction=0)),
            },
            measured={
                "samples": len(samples),
                "reference": reference_record(self._reference, size),
                "versions": versions("ganbench", "torch"),
            },
        )


def noise_floors(real: Tensor, count: int, distance: Callable[[Tensor, Tensor], float]) -> list[float]:
    """Return the distances of ``count`` real items ``[N]`` (at most half) from the others, for 20 random splits."""
    count = min(count, len(real) // 2)
    generator = torch.Generator().manual_seed(0)
    orders = [torch.randperm(len(real), generator=generator) for _ in range(SPLITS)] if count else []
    return [distance(real[order[:count]], real[order[count:]]) for order in orders]
