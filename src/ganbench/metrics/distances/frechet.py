"""The Fréchet distance between features of samples and of a data set, with an interval and a noise floor.

Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium" (2017),
arXiv:1706.08500. With any network but that paper's Inception it is not the FID, and is not called so here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ganbench.errors import UserError
from ganbench.metrics.distances.noise_floor import real_against_real
from ganbench.metrics.extractors.base import FeatureExtractor, score_name
from ganbench.metrics.features.gaussian import FrechetTo, Gaussian, RunningGaussian
from ganbench.metrics.features.reference import Progress, reference_statistics
from ganbench.metrics.image_metric import USUAL, PictureMetric, Rows
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import Chunk
from ganbench.metrics.score import JSON, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


@dataclass(frozen=True)
class FrechetDistance(PictureMetric):
    """``fd[<features>]``, lower is better; measured on 10,000 samples against all of the reference set.

    With no more samples than feature dimensions the covariance is singular and the score mostly bias: that is
    refused, unless ``allow_rank_deficient``. ``reference_items`` takes a random part of the reference, always
    the same one. ``extras`` are the 95 % interval and what real pictures would score: details that cost a few
    seconds and, if the reference's features were never kept, a pass over 10,000 of its pictures.
    """

    features: FeatureExtractor
    allow_rank_deficient: bool = False
    reference_items: int | None = None
    extras: bool = True
    progress: Progress | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The features are in the name: distances in other features are other scores."""
        return score_name("fd", self.features)

    @property
    def min_samples(self) -> int:
        """One more than the feature dimensions, or 2 if a singular covariance is allowed."""
        return 2 if self.allow_rank_deficient else self.features.dims + 1

    def begin(self, reference: Dataset) -> FrechetMeasurement:
        """Have the reference's statistics ready, from the cache or by a pass over the set."""
        items = require_items(self, reference, self.reference_items)
        statistics = reference_statistics(reference, self.features, items, progress=self.progress)
        return FrechetMeasurement(self, reference, statistics)


def require_items(metric: PictureMetric, reference: Dataset, asked: int | None = None) -> int:
    """Return how many of the reference's items to take. Raises UserError if there are not as many, or too few."""
    size = reference.info.size
    items = size if asked is None else asked
    if not metric.min_samples <= items <= size:
        raise UserError(
            f"metric '{metric.name}' needs a reference of at least {metric.min_samples:,} items, and "
            f"'{reference.info.name}' has {size:,}, of which {items:,} were asked for; "
            "use a larger set, or allow_rank_deficient=True"
        )
    return items


class FrechetMeasurement:
    """The samples' running statistics and, for the interval, their features, next to the reference's."""

    def __init__(self, metric: FrechetDistance, reference: Dataset, statistics: Gaussian) -> None:
        self._metric, self._dataset, self._statistics = metric, reference, statistics
        self._running = RunningGaussian(metric.features.dims)
        self._rows = Rows(metric.features)

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures."""
        self._running.add(chunk.features(self._metric.features))
        if self._metric.extras:
            self._rows.add(chunk)

    def score(self) -> Score:
        """Return the distance of all pictures so far."""
        reference, samples = FrechetTo(self._statistics), self._running.gaussian()
        features, error = self._metric.features, None
        if self._metric.extras and samples.count > features.dims:  # else it is not known in closed form
            error = reference.standard_error(samples, self._rows.matrix())
        terms = reference.terms(samples)
        details: dict[str, JSON] = {"mean_term": terms.mean, "covariance_term": terms.covariance}
        if self._metric.extras:
            if error is not None:
                details |= {
                    "standard_error": error,
                    "interval_95": [max(0.0, terms.distance - 1.96 * error), terms.distance + 1.96 * error],
                }
            details |= real_against_real(self._dataset, features, reference, samples.count).details()
        return Score(
            name=self._metric.name,
            value=terms.distance,
            better=self._metric.better,
            details=details,
            measured=frechet_record(
                self._dataset, self._statistics.count, self._metric.features, samples.count
            ),
        )


def frechet_record(
    reference: Dataset, items: int, features: FeatureExtractor, samples: int
) -> dict[str, JSON]:
    """Say how a Fréchet distance was measured, with a warning if it was on few samples."""
    measured: dict[str, JSON] = {
        "samples": samples,
        "reference": reference_record(reference, items),
        "features": features_record(features),
        "covariance": "unbiased, float64",
        "versions": versions("ganbench", "torch"),
    }
    if samples <= features.dims:
        measured["warning"] = (
            f"measured on {samples:,} samples of {features.dims:,} numbers each: the covariance is singular and the "
            "score mostly bias; compare only at equal counts"
        )
    elif samples < USUAL:
        measured["warning"] = (
            f"measured on {samples:,} samples: below {USUAL:,} the bias is large; "
            "compare only at equal counts"
        )
    return measured
