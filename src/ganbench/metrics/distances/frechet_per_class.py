"""The Fréchet distance within each class: real images of a class against the samples with its label.

Miyato and Koyama, "cGANs with Projection Discriminator" (2018), arXiv:1802.05637 (there "intra FID").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import torch
from torch import Tensor

from ganbench.data.subset import Subset
from ganbench.metrics.distances.frechet import frechet_record
from ganbench.metrics.distances.noise_floor import measure_noise_floor
from ganbench.metrics.extractors.base import FeatureExtractor, score_name
from ganbench.metrics.features.gaussian import FrechetReference, Gaussian, RunningGaussian
from ganbench.metrics.features.reference import reference_statistics
from ganbench.metrics.image_metric import FeatureCollector, ImageMetric
from ganbench.metrics.labels import batch_labels, dataset_labels, require_class_size
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import JSON, Score
from ganbench.utils.bootstrap import mean

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


@dataclass(frozen=True)
class FrechetPerClass(ImageMetric):
    """``fd-class[<features>]``: the mean distance over the classes, lower is better. The samples need labels.

    Every class needs more samples, and the reference more items, than there are feature dimensions, unless
    ``allow_rank_deficient``.
    """

    needs_labels: ClassVar[bool] = True

    features: FeatureExtractor
    allow_rank_deficient: bool = False

    @property
    def name(self) -> str:
        """The name, with the features."""
        return score_name("fd-class", self.features)

    @property
    def min_samples(self) -> int:
        """The minimum for one class; each class must have that many."""
        return self.min_samples_per_class

    @property
    def min_samples_per_class(self) -> int:
        """One more than the feature dimensions, or 2 if a singular covariance is allowed."""
        return 2 if self.allow_rank_deficient else self.features.dims + 1

    def begin(self, reference: Dataset) -> FrechetPerClassMeasurement:
        """Load or compute each class's statistics."""
        info = reference.info
        labels = dataset_labels(reference, self.name)
        indices = [(labels == number).nonzero().flatten() for number in range(len(info.classes))]
        for name, index in zip(info.classes, indices, strict=True):
            require_class_size(self, len(index), f"items of '{info.name}'", name)
        parts = [Subset(reference, index, f"class {number}") for number, index in enumerate(indices)]
        statistics = [reference_statistics(part, self.features, rows=False) for part in parts]
        return FrechetPerClassMeasurement(self, reference, parts, statistics)


class FrechetPerClassMeasurement:
    """The features and labels of the samples so far."""

    def __init__(
        self,
        metric: FrechetPerClass,
        reference: Dataset,
        parts: Sequence[Subset],
        statistics: Sequence[Gaussian],
    ) -> None:
        self._metric, self._dataset, self._parts, self._statistics = metric, reference, parts, statistics
        self._collector, self._labels = FeatureCollector(metric.features), list[Tensor]()

    def add(self, batch: SampleBatch) -> None:
        """Add a batch of images. Raises UserError if they have no labels."""
        self._labels.append(batch_labels(batch, self._metric.name))
        self._collector.add(batch)

    def score(self) -> Score:
        """Return the mean distance over the classes; the details hold each class's."""
        metric, features, labels = self._metric, self._collector.features(), torch.cat(self._labels)
        classes = self._dataset.info.classes
        scores = [self._class_score(number, features[labels == number]) for number in range(len(classes))]
        value = mean([score.distance for score in scores])
        samples_of_class = torch.bincount(labels, minlength=len(classes)).tolist()
        return Score(
            name=metric.name,
            value=value,
            better=metric.better,
            details={
                "classes": {name: score.distance for name, score in zip(classes, scores, strict=True)},
                "interval_95": _interval(value, scores),
                "real_against_real": _mean([score.floor for score in scores]),
            },
            measured={
                **frechet_record(
                    self._dataset,
                    sum(statistics.count for statistics in self._statistics),
                    metric.features,
                    len(features),
                    (min(samples_of_class), min(statistics.count for statistics in self._statistics)),
                ),
                "samples_of_class": samples_of_class,
            },
        )

    def _class_score(self, number: int, features: Tensor) -> _ClassScore:
        extractor, count = self._metric.features, len(features)
        require_class_size(self._metric, count, "samples", self._dataset.info.classes[number])
        running = RunningGaussian(extractor.dims)
        running.add(features)
        samples, reference = running.gaussian(), FrechetReference(self._statistics[number])
        error = reference.standard_error(samples, features) if count > extractor.dims else None
        floor = measure_noise_floor(self._parts[number], extractor, reference, count, cache_features=False)
        return _ClassScore(reference.terms(samples).distance, error, floor.value)


class _ClassScore(NamedTuple):
    """A class's distance, its standard error, and its noise floor."""

    distance: float
    error: float | None
    floor: float | None


def _interval(value: float, scores: Sequence[_ClassScore]) -> JSON:
    """Return the 95 % interval of the mean over classes, which share no sample; None if an error is unknown."""
    errors = [score.error for score in scores if score.error is not None]
    if len(errors) < len(scores):
        return None
    radius = 1.96 * sum(error**2 for error in errors) ** 0.5 / len(errors)
    return [max(0.0, value - radius), value + radius]


def _mean(floors: Sequence[float | None]) -> float | None:
    values = [floor for floor in floors if floor is not None]
    return mean(values) if len(values) == len(floors) else None
