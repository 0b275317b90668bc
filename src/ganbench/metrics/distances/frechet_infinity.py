"""The Fréchet distance of infinitely many samples, extrapolated from finite numbers of samples.

Chong and Forsyth, "Effectively Unbiased FID and Inception Score and where to find them" (2020), arXiv:1911.07023.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.metrics.distances.frechet import frechet_record, reference_item_count
from ganbench.metrics.distances.noise_floor import measure_noise_floor
from ganbench.metrics.extractors.base import FeatureExtractor, score_name
from ganbench.metrics.features.gaussian import FrechetReference, Gaussian, RunningGaussian
from ganbench.metrics.features.reference import reference_statistics
from ganbench.metrics.image_metric import FeatureCollector, ImageMetric
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import JSON, Score
from ganbench.utils.progress import time_call

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

POINTS = 15  # as in the paper
FIRST_COUNT = 5000  # as in the paper, or half of the samples if that is less


def sample_counts(samples: int, min_count: int = 2) -> list[int]:
    """Return the numbers of samples at which to compute the distance, evenly spaced up to all of them."""
    start = max(min_count, min(FIRST_COUNT, samples // 2))
    return sorted({round(float(n)) for n in torch.linspace(start, samples, POINTS, dtype=torch.float64)})


def distances_at_counts(
    features: Tensor, counts: Sequence[int], reference: FrechetReference, seed: int = 0
) -> list[float]:
    """Return the distance of the first ``n`` of the shuffled features ``[N, D]`` for each of the rising ``counts``."""
    order = torch.randperm(len(features), generator=torch.Generator().manual_seed(seed))
    running, distances = RunningGaussian(features.shape[1]), []
    for n in counts:
        running.add(features[order[running.count : n]])
        distances.append(reference.terms(running.gaussian()).distance)
    return distances


def extrapolate(counts: Sequence[int], distances: Sequence[float]) -> tuple[float, float]:
    """Fit a line to the distances over 1/n by least squares; return its intercept (1/n = 0) and its slope.

    Raises ValueError for fewer than two counts.
    """
    if len(counts) < 2:
        raise ValueError("a line needs two numbers of samples")
    x = 1 / torch.tensor(counts, dtype=torch.float64)
    y = torch.tensor(distances, dtype=torch.float64)
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    return float(y.mean() - slope * x.mean()), float(slope)


def extrapolate_distance(
    features: Tensor, reference: FrechetReference, min_count: int, seed: int = 0
) -> float:
    """Return the distance, extrapolated to infinitely many samples, of features ``[N, D]``."""
    counts = sample_counts(len(features), min_count)
    return extrapolate(counts, distances_at_counts(features, counts, reference, seed))[0]


@dataclass(frozen=True)
class FrechetInfinity(ImageMetric):
    """``fd-inf[<features>]``, lower is better: without the bias of a finite number of samples, so it may be below 0."""

    features: FeatureExtractor
    seed: int = 0

    @property
    def name(self) -> str:
        """The name, with the features."""
        return score_name("fd-inf", self.features)

    @property
    def min_samples(self) -> int:
        """Twice the number for a full-rank covariance, since the line starts at half of the samples."""
        return 2 * (self.features.dims + 1)

    def begin(self, reference: Dataset) -> FrechetInfinityMeasurement:
        """Load or compute the reference's statistics."""
        items = reference_item_count(self, reference)
        statistics = reference_statistics(reference, self.features, items)
        return FrechetInfinityMeasurement(self, reference, statistics)


class FrechetInfinityMeasurement:
    """The features of the samples so far."""

    def __init__(self, metric: FrechetInfinity, reference: Dataset, statistics: Gaussian) -> None:
        self._metric, self._dataset, self._statistics = metric, reference, statistics
        self._collector = FeatureCollector(metric.features)

    def add(self, batch: SampleBatch) -> None:
        """Add a batch of images."""
        self._collector.add(batch)

    def seconds_to_score(self) -> float:
        """Return about how long the distances take: each needs the eigenvalues of one covariance."""
        return POINTS * time_call(torch.linalg.eigvalsh, self._statistics.covariance)

    def score(self) -> Score:
        """Return the extrapolated distance of all samples so far."""
        metric, features = self._metric, self._collector.features()
        min_count, reference = metric.features.dims + 1, FrechetReference(self._statistics)
        counts = sample_counts(len(features), min_count)
        distances = distances_at_counts(features, counts, reference, metric.seed)
        value, slope = extrapolate(counts, distances)
        floor = measure_noise_floor(
            self._dataset,
            metric.features,
            reference,
            len(features),
            distance=lambda real, others: extrapolate_distance(real, others, min_count, metric.seed),
            distance_name=f"infinity-{metric.seed}",
            min_samples=metric.min_samples,
        )
        extrapolated_from: dict[str, JSON] = {"samples": list(counts), "order_seed": metric.seed}
        return Score(
            name=metric.name,
            value=value,
            better=metric.better,
            details={"distances": list(distances), "slope": slope, **floor.details()},
            measured={
                **frechet_record(self._dataset, self._statistics.count, metric.features, len(features)),
                "extrapolated_from": extrapolated_from,
            },
        )
