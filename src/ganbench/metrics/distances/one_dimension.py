"""How far samples of one number are from a data set's: Wasserstein-1 and Kolmogorov-Smirnov distance, both exact.

Both compare two empirical distribution functions, of any two numbers of items: one takes the area between
them, the other their largest difference. Nothing is binned or fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.base import Metric
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.sample_batch import Chunk
from ganbench.metrics.score import Better, Kind, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

SAMPLES = 5000
SPLITS = 20  # of the real items, for the score that nothing but chance gives


def wasserstein_1(a: Tensor, b: Tensor) -> float:
    """Return the Wasserstein-1 distance of two sets of numbers ``[N]`` and ``[M]``, in their own unit.

    It is the area between the two distribution functions: how far, on average, the one must be moved to become
    the other. Raises ValueError unless both are one-dimensional, not empty and finite.
    """
    at, first, second = _distributions(a, b)
    return float(((first - second)[:-1].abs() * at.diff()).sum())


def kolmogorov_smirnov(a: Tensor, b: Tensor) -> float:
    """Return the largest difference, in 0..1, between the distribution functions of numbers ``[N]`` and ``[M]``.

    Raises ValueError unless both are one-dimensional, not empty and finite.
    """
    _, first, second = _distributions(a, b)
    return float((first - second).abs().max())


def _distributions(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return all numbers in rising order and, at each, the share of ``a`` and of ``b`` that is not above it."""
    for values in (a, b):
        if values.ndim != 1 or len(values) == 0 or not bool(values.isfinite().all()):
            raise ValueError(f"needs finite numbers [N] with N > 0, not {list(values.shape)}")
    first, second = (values.detach().to("cpu", torch.float64).sort().values for values in (a, b))
    at = torch.cat([first, second]).sort().values
    share_of_first, share_of_second = (
        torch.searchsorted(values, at, right=True).double() / len(values) for values in (first, second)
    )
    return at, share_of_first, share_of_second


@dataclass(frozen=True)
class OneDimension(Metric):
    """A distance between the samples and all items of a reference of one dimension; 5,000 samples usually.

    Details: what real items score against other real items (``real_against_real``, the mean of 20 splits, and
    ``real_against_real_worst``), as many as there are samples where the data allow. No generator is to be
    expected below it.
    """

    called: str
    distance: Callable[[Tensor, Tensor], float]

    @property
    def name(self) -> str:
        """The name says all: nothing about it can be chosen."""
        return self.called

    @property
    def better(self) -> Better:
        """Lower is better."""
        return "lower"

    @property
    def kind(self) -> Kind:
        """It judges points (on a line)."""
        return "points"

    @property
    def min_samples(self) -> int:
        """Below that, chance is most of the score."""
        return 250

    @property
    def default_samples(self) -> int:
        """Four real items for each sample, with the 20,000 that the data has."""
        return SAMPLES

    def begin(self, reference: Dataset) -> OneDimensionMeasurement:
        """Read the reference's items."""
        if reference.info.shape != (1,):
            raise UserError(
                f"metric '{self.name}' judges single numbers, but the items of '{reference.info.name}' have "
                f"shape {list(reference.info.shape)}; use 'modes'"
            )
        return OneDimensionMeasurement(self, reference)


def wasserstein_1_metric() -> OneDimension:
    """Return the metric ``w1``."""
    return OneDimension("w1", wasserstein_1)


def kolmogorov_smirnov_metric() -> OneDimension:
    """Return the metric ``ks``."""
    return OneDimension("ks", kolmogorov_smirnov)


class OneDimensionMeasurement:
    """The samples so far."""

    def __init__(self, metric: OneDimension, reference: Dataset) -> None:
        self._metric, self._reference = metric, reference
        self._chunks: list[Tensor] = []

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of numbers, ``[B, 1]``."""
        self._chunks.append(chunk.samples.detach().to("cpu", torch.float64)[:, 0])

    def score(self) -> Score:
        """Return the distance of all samples so far from all items. Raises UserError if some are not finite."""
        samples, size = torch.cat(self._chunks), self._reference.info.size
        strange = int((~samples.isfinite()).sum())
        if strange:
            raise UserError(
                f"metric '{self._metric.name}': {strange:,} of {len(samples):,} samples are not finite numbers, "
                "so they are at no distance from the data; the generator has diverged"
            )
        real = self._reference.items(torch.arange(size))[:, 0]
        noise = real_against_real(real, len(samples), self._metric.distance)
        return Score(
            name=self._metric.name,
            value=self._metric.distance(samples, real),
            better="lower",
            details={
                "real_against_real": sum(noise) / len(noise) if noise else None,
                "real_against_real_worst": max(noise, default=None),
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


def real_against_real(real: Tensor, count: int, distance: Callable[[Tensor, Tensor], float]) -> list[float]:
    """Return the distances of ``count`` real items ``[N]`` (at most half) from the others, for 20 random splits."""
    count = min(count, len(real) // 2)
    generator = torch.Generator().manual_seed(0)
    orders = [torch.randperm(len(real), generator=generator) for _ in range(SPLITS)] if count else []
    return [distance(real[order[:count]], real[order[count:]]) for order in orders]
