"""The Fréchet distance between features of samples and of a data set, with an interval and a noise floor.

Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium" (2017),
arXiv:1706.08500. Only with that paper's Inception features is it the FID, and only then is it called so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ganbench.errors import UserError
from ganbench.metrics.distances.noise_floor import measure_noise_floor
from ganbench.metrics.extractors.base import FeatureExtractor, score_name
from ganbench.metrics.features.gaussian import FrechetReference, Gaussian, RunningGaussian
from ganbench.metrics.features.reference import Progress, reference_statistics
from ganbench.metrics.image_metric import DEFAULT_SAMPLES, FeatureCollector, ImageMetric
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import JSON, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


@dataclass(frozen=True)
class FrechetDistance(ImageMetric):
    """``fd[<features>]``, lower is better: by default of 10,000 samples, against the whole reference set.

    Args:
        features: The feature extractor.
        allow_rank_deficient: Whether to accept no more samples than feature dimensions. The covariance is then
            singular and the score mostly bias.
        reference_items: The size of a fixed random subset of the reference to use; None for all of it.
        extras: Whether to add the 95 % interval and the noise floor to the details. They take a few seconds
            and, unless the reference's features are cached, a pass over 10,000 of its images.
        progress: Receives the progress of a pass over the reference.
    """

    features: FeatureExtractor
    allow_rank_deficient: bool = False
    reference_items: int | None = None
    extras: bool = True
    progress: Progress | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The name, with the features: distances in other features are other scores."""
        return score_name("fd", self.features)

    @property
    def min_samples(self) -> int:
        """One more than the feature dimensions, or 2 if a singular covariance is allowed."""
        return 2 if self.allow_rank_deficient else self.features.dims + 1

    def begin(self, reference: Dataset) -> FrechetMeasurement:
        """Load or compute the reference's statistics."""
        items = reference_item_count(self, reference, self.reference_items)
        statistics = reference_statistics(reference, self.features, items, progress=self.progress)
        return FrechetMeasurement(self, reference, statistics)


def reference_item_count(metric: ImageMetric, reference: Dataset, items: int | None = None) -> int:
    """Return ``items``, or the size of the reference. Raises UserError if that is too small or exceeds the size."""
    size = reference.info.size
    items = size if items is None else items
    if not metric.min_samples <= items <= size:
        raise UserError(
            f"metric '{metric.name}' needs a reference of at least {metric.min_samples:,} items, and "
            f"'{reference.info.name}' has {size:,}, of which {items:,} were requested; "
            "use a larger set, or allow_rank_deficient=True"
        )
    return items


class FrechetMeasurement:
    """The running statistics of the samples and, for the interval, their features."""

    def __init__(self, metric: FrechetDistance, reference: Dataset, statistics: Gaussian) -> None:
        self._metric, self._dataset, self._statistics = metric, reference, statistics
        self._running = RunningGaussian(metric.features.dims)
        self._collector = FeatureCollector(metric.features)

    def add(self, batch: SampleBatch) -> None:
        """Add a batch of images."""
        self._running.add(batch.features(self._metric.features))
        if self._metric.extras:
            self._collector.add(batch)

    def score(self) -> Score:
        """Return the distance of all samples so far."""
        reference, samples = FrechetReference(self._statistics), self._running.gaussian()
        extractor, error = self._metric.features, None
        if self._metric.extras and samples.count > extractor.dims:  # the closed form needs full rank
            error = reference.standard_error(samples, self._collector.features())
        terms = reference.terms(samples)
        details: dict[str, JSON] = {"mean_term": terms.mean, "covariance_term": terms.covariance}
        if self._metric.extras:
            if error is not None:
                details |= {
                    "standard_error": error,
                    "interval_95": [max(0.0, terms.distance - 1.96 * error), terms.distance + 1.96 * error],
                }
            details |= measure_noise_floor(self._dataset, extractor, reference, samples.count).details()
        return Score(
            name=self._metric.name,
            value=terms.distance,
            better=self._metric.better,
            details=details,
            measured=frechet_record(self._dataset, self._statistics.count, extractor, samples.count),
        )


def frechet_record(
    reference: Dataset,
    items: int,
    features: FeatureExtractor,
    samples: int,
    smallest: tuple[int, int] | None = None,
) -> dict[str, JSON]:
    """Return the record of how a Fréchet distance was measured, with a warning if samples or reference items were few.

    ``smallest`` are the numbers of samples and of reference items of the smallest class, for distances within classes.
    """
    measured: dict[str, JSON] = {
        "samples": samples,
        "reference": reference_record(reference, items),
        "features": features_record(features),
        "covariance": "unbiased, float64",
        "versions": versions("ganbench", "torch"),
    }
    fewest_samples, fewest_items = smallest or (samples, items)
    of_class = " of the smallest class" if smallest else ""
    few = [
        f"{count:,} {what}{of_class}"
        for count, what in ((fewest_samples, "samples"), (fewest_items, "reference items"))
        if count <= features.dims
    ]
    if few:
        measured["warning"] = (
            f"measured on {' and '.join(few)} of {features.dims:,} numbers each: the covariance is singular and the "
            "score mostly bias; compare only at equal counts"
        )
    elif samples < DEFAULT_SAMPLES:
        measured["warning"] = (
            f"measured on {samples:,} samples: below {DEFAULT_SAMPLES:,} the bias is large; "
            "compare only at equal counts"
        )
    return measured
