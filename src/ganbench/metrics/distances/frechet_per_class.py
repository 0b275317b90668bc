"""The Fréchet distance class by class: to each class's real pictures, from the samples with its label.

Miyato and Koyama, "cGANs with Projection Discriminator" (2018), arXiv:1802.05637 (there "intra FID").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import torch
from torch import Tensor

from ganbench.data.subset import Part
from ganbench.metrics.distances.frechet import frechet_record
from ganbench.metrics.distances.noise_floor import real_against_real
from ganbench.metrics.extractors.base import FeatureExtractor, score_name
from ganbench.metrics.features.gaussian import FrechetTo, Gaussian, RunningGaussian
from ganbench.metrics.features.reference import reference_statistics
from ganbench.metrics.image_metric import PictureMetric, Rows
from ganbench.metrics.labels import labels_in, labels_of, require_of_class
from ganbench.metrics.sample_batch import Chunk
from ganbench.metrics.score import JSON, Score
from ganbench.utils.bootstrap import mean

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


@dataclass(frozen=True)
class FrechetPerClass(PictureMetric):
    """``fd-class[<features>]``: the mean over the classes, lower is better; it needs samples with labels.

    Every class needs more samples, and the reference more items, than there are feature dimensions, unless
    ``allow_rank_deficient``.
    """

    needs_labels: ClassVar[bool] = True

    features: FeatureExtractor
    allow_rank_deficient: bool = False

    @property
    def name(self) -> str:
        """The features are in the name."""
        return score_name("fd-class", self.features)

    @property
    def min_samples(self) -> int:
        """What one class needs; there must be as many of each."""
        return self.min_samples_of_class

    @property
    def min_samples_of_class(self) -> int:
        """One more than the feature dimensions, or 2 if a singular covariance is allowed."""
        return 2 if self.allow_rank_deficient else self.features.dims + 1

    def begin(self, reference: Dataset) -> FrechetPerClassMeasurement:
        """Have each class's statistics ready, from the cache or by one pass over the set."""
        info = reference.info
        labels = labels_of(reference, self.name)
        chosen = [(labels == number).nonzero().flatten() for number in range(len(info.classes))]
        for name, index in zip(info.classes, chosen, strict=True):
            require_of_class(self, len(index), f"items of '{info.name}'", name)
        parts = [Part(reference, index, f"class {number}") for number, index in enumerate(chosen)]
        statistics = [reference_statistics(part, self.features, rows=False) for part in parts]
        return FrechetPerClassMeasurement(self, reference, parts, statistics)


class FrechetPerClassMeasurement:
    """The samples' features and labels so far."""

    def __init__(
        self,
        metric: FrechetPerClass,
        reference: Dataset,
        parts: Sequence[Part],
        statistics: Sequence[Gaussian],
    ) -> None:
        self._metric, self._dataset, self._parts, self._statistics = metric, reference, parts, statistics
        self._rows, self._labels = Rows(metric.features), list[Tensor]()

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures. Raises UserError if they have no labels."""
        self._labels.append(labels_in(chunk, self._metric.name))
        self._rows.add(chunk)

    def score(self) -> Score:
        """Return the mean over the classes of the distance; each class's is in the details."""
        metric, rows, labels = self._metric, self._rows.matrix(), torch.cat(self._labels)
        classes = self._dataset.info.classes
        found = [self._of_class(number, rows[labels == number]) for number in range(len(classes))]
        value = mean([one.distance for one in found])
        return Score(
            name=metric.name,
            value=value,
            better=metric.better,
            details={
                "classes": {name: one.distance for name, one in zip(classes, found, strict=True)},
                "interval_95": _interval(value, found),
                "real_against_real": _mean([one.floor for one in found]),
            },
            measured={
                **frechet_record(
                    self._dataset,
                    sum(statistics.count for statistics in self._statistics),
                    metric.features,
                    len(rows),
                ),
                "samples_of_class": torch.bincount(labels, minlength=len(classes)).tolist(),
            },
        )

    def _of_class(self, number: int, rows: Tensor) -> _Found:
        metric, running = self._metric, RunningGaussian(self._metric.features.dims)
        require_of_class(metric, len(rows), "samples", self._dataset.info.classes[number])
        running.add(rows)
        samples, reference = running.gaussian(), FrechetTo(self._statistics[number])
        error = reference.standard_error(samples, rows) if len(rows) > metric.features.dims else None
        floor = real_against_real(self._parts[number], metric.features, reference, len(rows), keep_rows=False)
        return _Found(reference.terms(samples).distance, error, floor.value)


class _Found(NamedTuple):
    """A class's distance, its standard error, and what real pictures of the class score."""

    distance: float
    error: float | None
    floor: float | None


def _interval(value: float, found: Sequence[_Found]) -> JSON:
    """Return the 95 % interval of the mean over classes, which have no sample in common; None if it is not known."""
    errors = [one.error for one in found if one.error is not None]
    if len(errors) < len(found):
        return None
    reach = 1.96 * sum(error**2 for error in errors) ** 0.5 / len(errors)
    return [max(0.0, value - reach), value + reach]


def _mean(floors: Sequence[float | None]) -> float | None:
    known = [floor for floor in floors if floor is not None]
    return mean(known) if len(known) == len(floors) else None
