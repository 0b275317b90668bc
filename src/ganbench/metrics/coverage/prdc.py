"""What precision and recall, and density and coverage, share: features of both sides and one count of neighbours."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import FeatureExtractor, score_name
from ganbench.metrics.features.neighbours import Neighbourhoods, neighbourhoods, seconds_for
from ganbench.metrics.features.reference import reference_rows
from ganbench.metrics.image_metric import PictureMetric, Rows
from ganbench.metrics.intervals import of_means
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import Chunk, identity
from ganbench.metrics.score import JSON, Better, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

USUAL_KS = (3, 5)  # of the two metrics: counted together, so that whichever comes second has nothing to do


@dataclass(frozen=True)
class NeighbourMetric(PictureMetric):
    """A metric made of neighbourhoods of ``k`` neighbours, higher is better.

    It is measured on as many random real pictures as there are samples, at most 10,000.
    """

    features: FeatureExtractor
    k: int

    @property
    def better(self) -> Better:
        """Higher is better."""
        return "higher"

    @property
    def min_samples(self) -> int:
        """Below that, neighbourhoods are so wide that they say nothing."""
        return max(100, 2 * self.k)

    @abstractmethod
    def judge(self, found: Neighbourhoods) -> tuple[float, dict[str, JSON]]:
        """Return the score, and the numbers that go with it."""

    def begin(self, reference: Dataset) -> NeighbourMeasurement:
        """Have the features of some of the reference's pictures ready. Raises UserError if it has too few."""
        if self.k < 1:
            raise UserError(f"metric '{self.name}' needs k of at least 1, not {self.k}")
        if reference.info.size < self.min_samples:
            raise UserError(
                f"metric '{self.name}' needs a reference of at least {self.min_samples:,} items, "
                f"and '{reference.info.name}' has {reference.info.size:,}; use a larger set"
            )
        return NeighbourMeasurement(self, reference, reference_rows(reference, self.features))


class NeighbourMeasurement:
    """The samples' features so far, next to the reference's."""

    def __init__(self, metric: NeighbourMetric, reference: Dataset, real: Tensor) -> None:
        self._metric, self._dataset, self._real = metric, reference, real
        self._rows = Rows(metric.features)

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures."""
        self._rows.add(chunk)

    def seconds_to_score(self) -> float:
        """Return about how long the count takes; nothing if another metric has counted already."""
        return 0.0 if self._key() in self._rows.shared else seconds_for(*self._features(), self._ks)

    def score(self) -> Score:
        """Return the score of all pictures so far. Raises UserError if features are not finite."""
        metric, rows = self._metric, self._rows
        if not rows.finite:
            raise UserError(f"metric '{metric.name}': some features of the samples are not finite numbers")
        real, fake = self._features()
        found = rows.shared.once(self._key(), lambda: neighbourhoods(real, fake, self._ks))
        value, details = metric.judge(found)
        measured: dict[str, JSON] = {
            "samples": len(rows),
            "reference": reference_record(self._dataset, len(real)),
            "features": features_record(metric.features),
            "k": metric.k,
            "distances": "Euclidean, float32, borders included",
            "versions": versions("ganbench", "torch"),
        }
        return Score(name=metric.name, value=value, better=metric.better, details=details, measured=measured)

    @property
    def _ks(self) -> tuple[int, ...]:
        return tuple(sorted({*USUAL_KS, self._metric.k}))

    def _features(self) -> tuple[Tensor, Tensor]:
        return self._real[: len(self._rows)], self._rows.matrix()

    def _key(self) -> Hashable:
        count = len(self._rows)
        return ("neighbourhoods", *identity(self._metric.features), len(self._real[:count]), count, self._ks)


def precision_and_recall(found: Neighbourhoods, k: int) -> tuple[float, float]:
    """Return the share of generated pictures in any real neighbourhood, and of real ones in any generated."""
    precision = (found.reals_around[k] > 0).double().mean()
    return float(precision), float((found.fakes_around[k] > 0).double().mean())


@dataclass(frozen=True)
class PrecisionRecall(NeighbourMetric):
    """``pr[<features>]``: the harmonic mean of precision and recall, which are in the details; k is the paper's 3.

    Intervals are of the bootstrap over pictures, whose neighbourhoods stay as they are.
    """

    k: int = 3

    @property
    def name(self) -> str:
        """The features are in the name."""
        return score_name("pr", self.features)

    def judge(self, found: Neighbourhoods) -> tuple[float, dict[str, JSON]]:
        """Return the harmonic mean (0 if both are 0), and the two."""
        precision, recall = precision_and_recall(found, self.k)
        inside, reached = found.reals_around[self.k] > 0, found.fakes_around[self.k] > 0
        return float(_harmonic(precision, recall)), {
            "precision": precision,
            "recall": recall,
            "interval_95": of_means([inside, reached], lambda means: _harmonic(*means)),
            "precision_interval_95": of_means([inside], lambda means: means[0]),
            "recall_interval_95": of_means([reached], lambda means: means[0]),
        }


def _harmonic(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    total = first + second
    return np.divide(2 * first * second, total, out=np.zeros_like(total), where=total > 0)


def density_and_coverage(found: Neighbourhoods, k: int) -> tuple[float, float]:
    """Return the mean number of real neighbourhoods around a generated picture over k, and the share of them filled."""
    density = found.reals_around[k].double().mean() / k
    return float(density), float((found.fakes_in[k] > 0).double().mean())


def expected_coverage(real: int, fake: int, k: int) -> float:
    """Return the coverage of ``fake`` samples of the real distribution itself: 1 - 1/2^k for many of both."""
    outside = 1.0
    for i in range(1, k + 1):
        outside *= (real - i) / (real + fake - i)
    return 1 - outside


@dataclass(frozen=True)
class DensityCoverage(NeighbourMetric):
    """``dc[<features>]``: coverage; density and what real samples would cover are details; k is the paper's 5.

    Intervals are of the bootstrap over pictures, whose neighbourhoods stay as they are.
    """

    k: int = 5

    @property
    def name(self) -> str:
        """The features are in the name."""
        return score_name("dc", self.features)

    def judge(self, found: Neighbourhoods) -> tuple[float, dict[str, JSON]]:
        """Return coverage, and density (1 is expected of the real distribution, more of samples amid the real)."""
        density, coverage = density_and_coverage(found, self.k)
        real, fake = len(found.fakes_in[self.k]), len(found.reals_around[self.k])
        return coverage, {
            "density": density,
            "coverage": coverage,
            "expected_coverage": expected_coverage(real, fake, self.k),
            "interval_95": of_means([found.fakes_in[self.k] > 0], lambda means: means[0]),
            "density_interval_95": of_means([found.reals_around[self.k]], lambda means: means[0] / self.k),
        }
