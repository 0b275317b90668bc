"""What the metrics of features share: how well the classes of real pictures can be told from frozen features."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from ganbench.metrics.classes.conditional_accuracy import wilson_interval
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.extractors.pixels import PixelFeatures
from ganbench.metrics.features.feature_cache import all_rows
from ganbench.metrics.labels import labels_of, require_same_classes
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.requirements import (
    MeasurementWithoutSamples,
    NeedsHeldOut,
    WithoutSamples,
    require_held_out,
)
from ganbench.metrics.score import JSON, Better, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


@dataclass(frozen=True)
class Labelled:
    """Features ``[N, D]`` and class numbers ``[N]`` to learn from, those to be judged on, and the number of classes."""

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor
    classes: int


@dataclass(frozen=True)
class FeatureQuality(WithoutSamples, NeedsHeldOut):
    """A metric of features, not of samples, of which it needs none: accuracy on held-out pictures, higher is better.

    It learns from all of the reference and is judged on all held-out pictures. Networks are frozen and in eval mode.
    """

    features: FeatureExtractor
    held_out: Dataset | None = None

    @property
    def better(self) -> Better:
        """Higher is better."""
        return "higher"

    @abstractmethod
    def with_held_out(self, held_out: Dataset) -> FeatureQuality:
        """Return the same metric with these pictures."""

    @abstractmethod
    def accuracy(self, of: Labelled) -> tuple[float, dict[str, JSON]]:
        """Return the share of ``of.test`` whose class is told, and further results."""

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, JSON]:
        """What decides the score beside the features."""

    def begin(self, reference: Dataset) -> FeatureQualityMeasurement:
        """Return a measurement. Raises UserError if either set has no classes, or they differ."""
        held_out = require_held_out(self.name, reference, self.held_out)
        require_same_classes(self.name, reference, held_out)
        return FeatureQualityMeasurement(self, reference, labels_of(reference, self.name), held_out)


class FeatureQualityMeasurement(MeasurementWithoutSamples):
    """The two sets."""

    def __init__(self, metric: FeatureQuality, reference: Dataset, labels: Tensor, held_out: Dataset) -> None:
        self._metric, self._reference, self._labels, self._held_out = metric, reference, labels, held_out

    def score(self) -> Score:
        """Return the accuracy in the features, and as a baseline that in pixels."""
        metric = self._metric
        value, details = metric.accuracy(self._in(metric.features))
        pixels = PixelFeatures()
        baseline, _ = metric.accuracy(self._in(pixels))
        return Score(
            name=metric.name,
            value=value,
            better=metric.better,
            details={
                "interval_95": wilson_interval(value, self._held_out.info.size),
                f"accuracy_in_{pixels.name}": baseline,
                **details,
            },
            measured={
                "samples": 0,
                "reference": reference_record(self._reference, self._reference.info.size),
                "held_out": reference_record(self._held_out, self._held_out.info.size),
                "features": features_record(metric.features),
                **metric.settings,
                "versions": versions("ganbench", "torch"),
            },
        )

    def _in(self, features: FeatureExtractor) -> Labelled:
        return Labelled(
            all_rows(self._reference, features),
            self._labels,
            all_rows(self._held_out, features),
            labels_of(self._held_out, self._metric.name),
            len(self._reference.info.classes),
        )
