"""The Fréchet distance that infinitely many samples would have, by extrapolation over their number.

Chong and Forsyth, "Effectively Unbiased FID and Inception Score and where to find them" (2020), arXiv:1911.07023.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.metrics.distances.frechet import frechet_record, require_items
from ganbench.metrics.distances.noise_floor import real_against_real
from ganbench.metrics.extractors.base import FeatureExtractor, score_name
from ganbench.metrics.features.gaussian import FrechetTo, Gaussian, RunningGaussian
from ganbench.metrics.features.reference import reference_statistics
from ganbench.metrics.image_metric import PictureMetric, Rows
from ganbench.metrics.sample_batch import Chunk
from ganbench.metrics.score import JSON, Score
from ganbench.utils.progress import seconds_of

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

POINTS = 15  # as in the paper
FEWEST = 5000  # as in the paper, or half of the samples if that is less


def counts_of(samples: int, fewest: int = 2) -> list[int]:
    """Return the numbers of samples at which the distance is taken, regularly spaced up to all of them."""
    start = max(fewest, min(FEWEST, samples // 2))
    return sorted({round(float(n)) for n in torch.linspace(start, samples, POINTS, dtype=torch.float64)})


def distances_at(rows: Tensor, counts: Sequence[int], reference: FrechetTo, seed: int = 0) -> list[float]:
    """Return the distance of the first ``n`` of the shuffled rows ``[N, D]`` for each of the rising ``counts``."""
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
    running, found = RunningGaussian(rows.shape[1]), []
    for n in counts:
        running.add(rows[order[running.count : n]])
        found.append(reference.terms(running.gaussian()).distance)
    return found


def extrapolated(counts: Sequence[int], distances: Sequence[float]) -> tuple[float, float]:
    """Return where the straight line through distances over 1/n meets 0, and its slope (least squares).

    Raises ValueError for fewer than two counts.
    """
    if len(counts) < 2:
        raise ValueError("a line needs two numbers of samples")
    x = 1 / torch.tensor(counts, dtype=torch.float64)
    y = torch.tensor(distances, dtype=torch.float64)
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    return float(y.mean() - slope * x.mean()), float(slope)


def limit_of(rows: Tensor, reference: FrechetTo, fewest: int, seed: int = 0) -> float:
    """Return the distance that infinitely many rows like these ``[N, D]`` would have."""
    counts = counts_of(len(rows), fewest)
    return extrapolated(counts, distances_at(rows, counts, reference, seed))[0]


@dataclass(frozen=True)
class FrechetInfinity(PictureMetric):
    """``fd-inf[<features>]``, lower is better: the bias of the number of samples is taken out, so it may be below 0."""

    features: FeatureExtractor
    seed: int = 0

    @property
    def name(self) -> str:
        """The features are in the name."""
        return score_name("fd-inf", self.features)

    @property
    def min_samples(self) -> int:
        """Twice what keeps a covariance from being singular, as the line begins at half of the samples."""
        return 2 * (self.features.dims + 1)

    def begin(self, reference: Dataset) -> FrechetInfinityMeasurement:
        """Have the reference's statistics ready."""
        items = require_items(self, reference)
        statistics = reference_statistics(reference, self.features, items)
        return FrechetInfinityMeasurement(self, reference, statistics)


class FrechetInfinityMeasurement:
    """The samples' features so far."""

    def __init__(self, metric: FrechetInfinity, reference: Dataset, statistics: Gaussian) -> None:
        self._metric, self._dataset, self._statistics = metric, reference, statistics
        self._rows = Rows(metric.features)

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures."""
        self._rows.add(chunk)

    def seconds_to_score(self) -> float:
        """Return about how long the distances take, each as long as the eigenvalues of one covariance."""
        return POINTS * seconds_of(torch.linalg.eigvalsh, self._statistics.covariance)

    def score(self) -> Score:
        """Return the extrapolated distance of all pictures so far."""
        metric, rows = self._metric, self._rows.matrix()
        least, reference = metric.features.dims + 1, FrechetTo(self._statistics)
        counts = counts_of(len(rows), least)
        distances = distances_at(rows, counts, reference, metric.seed)
        value, slope = extrapolated(counts, distances)
        steps: dict[str, JSON] = {"samples": list(counts), "order_seed": metric.seed}
        return Score(
            name=metric.name,
            value=value,
            better=metric.better,
            details={
                "distances": list(distances),
                "slope": slope,
                **real_against_real(
                    self._dataset,
                    metric.features,
                    reference,
                    len(rows),
                    judge=lambda real, others: limit_of(real, others, least, metric.seed),
                    judged_by=f"infinity-{metric.seed}",
                    least=metric.min_samples,
                ).details(),
            },
            measured={
                **frechet_record(self._dataset, self._statistics.count, metric.features, len(rows)),
                "extrapolated_from": steps,
            },
        )
