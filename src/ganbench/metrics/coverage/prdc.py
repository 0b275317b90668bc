"""Precision and recall, density and coverage: four scores from one count of feature neighbourhoods.

Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models" (2019), arXiv:1904.06991;
Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models" (2020), arXiv:2002.09797.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import FeatureExtractor, score_name
from ganbench.metrics.features.neighbours import NeighbourhoodCounts, count_neighbourhoods, estimate_seconds
from ganbench.metrics.features.reference import reference_features
from ganbench.metrics.image_metric import FeatureCollector, ImageMetric
from ganbench.metrics.intervals import bootstrap_mean_interval, combine_intervals, wilson_interval
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import SampleBatch, extractor_key
from ganbench.metrics.score import JSON, Better, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

DEFAULT_KS = (
    3,
    5,
)  # of the two metrics: always counted together, so that the second one has nothing to compute


@dataclass(frozen=True)
class NeighbourMetric(ImageMetric):
    """A metric of neighbourhoods, each with the ``k`` nearest neighbours of an image; higher is better.

    As many random real images as samples are used, at most 10,000. Intervals keep the neighbourhoods fixed: shares have
    Wilson's, their harmonic mean that of both ends, and density a bootstrap over images.
    """

    better: ClassVar[Better] = "higher"

    features: FeatureExtractor
    k: int

    @property
    def min_samples(self) -> int:
        """With fewer samples, neighbourhoods are too wide to mean anything."""
        return max(100, 2 * self.k)

    @abstractmethod
    def compute(self, counts: NeighbourhoodCounts) -> tuple[float, dict[str, JSON]]:
        """Return the score and its details."""

    def begin(self, reference: Dataset) -> NeighbourMeasurement:
        """Prepare the reference's features. Raises UserError if ``k`` is below 1 or the reference too small."""
        if self.k < 1:
            raise UserError(f"metric '{self.name}' needs k of at least 1, not {self.k}")
        if reference.info.size < self.min_samples:
            raise UserError(
                f"metric '{self.name}' needs a reference of at least {self.min_samples:,} items, "
                f"and '{reference.info.name}' has {reference.info.size:,}; use a larger data set"
            )
        return NeighbourMeasurement(self, reference, reference_features(reference, self.features))


class NeighbourMeasurement:
    """Collects the features of samples; the neighbourhood counts are shared with other metrics of the pass."""

    def __init__(self, metric: NeighbourMetric, reference: Dataset, real: Tensor) -> None:
        self._metric, self._reference, self._real = metric, reference, real
        self._collector = FeatureCollector(metric.features)

    def add(self, batch: SampleBatch) -> None:
        """Collect the features of one batch of images."""
        self._collector.add(batch)

    def seconds_to_score(self) -> float:
        """Estimate how long the count takes; 0 if another metric has counted already."""
        if self._key() in self._collector.shared_cache:
            return 0.0
        return estimate_seconds(*self._features(), self._ks)

    def score(self) -> Score:
        """Return the score of all images so far."""
        metric, collector = self._metric, self._collector
        real, fake = self._features()
        counts = collector.shared_cache.get_or_compute(
            self._key(), lambda: count_neighbourhoods(real, fake, self._ks)
        )
        value, details = metric.compute(counts)
        measured: dict[str, JSON] = {
            "samples": len(collector),
            "reference": reference_record(self._reference, len(real)),
            "features": features_record(metric.features),
            "k": metric.k,
            "distances": "Euclidean, float32, borders included",
            "versions": versions("ganbench", "torch"),
        }
        return Score(name=metric.name, value=value, better=metric.better, details=details, measured=measured)

    @property
    def _ks(self) -> tuple[int, ...]:
        return tuple(sorted({*DEFAULT_KS, self._metric.k}))

    def _features(self) -> tuple[Tensor, Tensor]:
        """Return real ``[N, D]`` and generated ``[M, D]`` features, N at most M."""
        return self._real[: len(self._collector)], self._collector.features()

    def _key(self) -> Hashable:
        count = len(self._collector)
        key = extractor_key(self._metric.features)
        return ("neighbourhoods", *key, len(self._real[:count]), count, self._ks)


@dataclass(frozen=True)
class PrecisionRecall(NeighbourMetric):
    """``pr[<features>]``: the harmonic mean of precision and recall, with both in the details; k is the paper's 3."""

    k: int = 3

    @property
    def name(self) -> str:
        """The metric and its features."""
        return score_name("pr", self.features)

    def compute(self, counts: NeighbourhoodCounts) -> tuple[float, dict[str, JSON]]:
        """Return the harmonic mean (0 if both are 0), and the two."""
        precision, recall = precision_and_recall(counts, self.k)
        intervals = [
            wilson_interval(precision, len(counts.reals_around[self.k])),
            wilson_interval(recall, len(counts.fakes_around[self.k])),
        ]
        return _harmonic_mean(precision, recall), {
            "precision": precision,
            "recall": recall,
            "interval_95": combine_intervals(intervals, _harmonic_mean),
            "precision_interval_95": intervals[0],
            "recall_interval_95": intervals[1],
        }


@dataclass(frozen=True)
class DensityCoverage(NeighbourMetric):
    """``dc[<features>]``: coverage, with density and the expected coverage in the details; k is the paper's 5.

    A sample on the border of a neighbourhood counts, as in precision and recall. The authors' program (prdc) leaves it
    out; the two differ only for distances that are exactly equal, such as those of copies.
    """

    k: int = 5

    @property
    def name(self) -> str:
        """The metric and its features."""
        return score_name("dc", self.features)

    def compute(self, counts: NeighbourhoodCounts) -> tuple[float, dict[str, JSON]]:
        """Return coverage and, as a detail, density: 1 is expected of real samples, more of samples amid them."""
        density, coverage = density_and_coverage(counts, self.k)
        real, fake = len(counts.fakes_in[self.k]), len(counts.reals_around[self.k])
        return coverage, {
            "density": density,
            "coverage": coverage,
            "expected_coverage": expected_coverage(real, fake, self.k),
            "interval_95": wilson_interval(coverage, real),
            "density_interval_95": bootstrap_mean_interval(counts.reals_around[self.k].double() / self.k),
        }


def precision_and_recall(counts: NeighbourhoodCounts, k: int) -> tuple[float, float]:
    """Return the share of generated images in any real neighbourhood, and of real ones in any generated one."""
    precision = (counts.reals_around[k] > 0).double().mean()
    return float(precision), float((counts.fakes_around[k] > 0).double().mean())


def density_and_coverage(counts: NeighbourhoodCounts, k: int) -> tuple[float, float]:
    """Return density and coverage.

    Density is the mean number of real neighbourhoods around a generated image, over k; coverage is the share of real
    neighbourhoods that contain a generated image.
    """
    density = counts.reals_around[k].double().mean() / k
    return float(density), float((counts.fakes_in[k] > 0).double().mean())


def expected_coverage(real: int, fake: int, k: int) -> float:
    """Return the expected coverage of ``fake`` samples of the real distribution: 1 - 1/2^k for many of both."""
    outside = 1.0
    for i in range(1, k + 1):
        outside *= (real - i) / (real + fake - i)
    return 1 - outside


def _harmonic_mean(a: float, b: float) -> float:
    return 2 * a * b / (a + b) if a + b > 0 else 0.0
