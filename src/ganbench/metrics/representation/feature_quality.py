"""What metrics of feature quality share: how accurately frozen features predict the classes of real images."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch import Tensor

from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.extractors.pixels import PixelFeatures
from ganbench.metrics.features.feature_cache import all_features
from ganbench.metrics.intervals import wilson_interval
from ganbench.metrics.labels import dataset_labels, require_same_classes
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.requirements import (
    NeedsHeldOut,
    SampleFreeMeasurement,
    SampleFreeMetric,
    require_held_out,
)
from ganbench.metrics.score import JSON, Better, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


@dataclass(frozen=True)
class LabelledFeatures:
    """Features and class labels of a training and a test set.

    Attributes:
        train: ``[N, D]``.
        train_labels: int64 ``[N]``.
        test: ``[M, D]``.
        test_labels: int64 ``[M]``.
        classes: The number of classes.
    """

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor
    classes: int


@dataclass(frozen=True)
class FeatureQuality(SampleFreeMetric, NeedsHeldOut):
    """A metric of features: test accuracy on held-out images; higher is better. It needs no samples.

    It trains on all of the reference and tests on all held-out images. Feature extractors are frozen and in eval mode.
    """

    better: ClassVar[Better] = "higher"

    features: FeatureExtractor
    held_out: Dataset | None = None

    @abstractmethod
    def with_held_out(self, held_out: Dataset) -> FeatureQuality:
        """Return a copy of the metric with these images."""

    @abstractmethod
    def accuracy(self, data: LabelledFeatures) -> tuple[float, dict[str, JSON]]:
        """Return the test accuracy and its details."""

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, JSON]:
        """The settings of the metric, for the record of a score."""

    def begin(self, reference: Dataset) -> FeatureQualityMeasurement:
        """Return a measurement. Raises UserError if either set has no classes, or they differ."""
        held_out = require_held_out(self.name, reference, self.held_out)
        require_same_classes(self.name, reference, held_out)
        return FeatureQualityMeasurement(self, reference, dataset_labels(reference, self.name), held_out)


class FeatureQualityMeasurement(SampleFreeMeasurement):
    """Computes the accuracy of the features, and of pixels as a baseline."""

    def __init__(self, metric: FeatureQuality, reference: Dataset, labels: Tensor, held_out: Dataset) -> None:
        self._metric, self._reference, self._labels, self._held_out = metric, reference, labels, held_out

    def score(self) -> Score:
        """Return the accuracy; that of pixels is in the details."""
        metric = self._metric
        value, details = metric.accuracy(self._extract(metric.features))
        pixels = PixelFeatures()
        baseline, _ = metric.accuracy(self._extract(pixels))
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

    def _extract(self, extractor: FeatureExtractor) -> LabelledFeatures:
        return LabelledFeatures(
            train=all_features(self._reference, extractor),
            train_labels=self._labels,
            test=all_features(self._held_out, extractor),
            test_labels=dataset_labels(self._held_out, self._metric.name),
            classes=len(self._reference.info.classes),
        )
