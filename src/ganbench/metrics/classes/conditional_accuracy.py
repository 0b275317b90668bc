"""Conditional accuracy: the share of samples that a classifier of real images assigns to their own label.

Odena, Olah and Shlens, "Conditional Image Synthesis with Auxiliary Classifier GANs" (2016), arXiv:1610.09585.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import ClassifierExtractor, FeatureExtractor, score_name
from ganbench.metrics.image_metric import ImageMetric
from ganbench.metrics.intervals import wilson_interval
from ganbench.metrics.labels import batch_labels
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import Better, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


@dataclass(frozen=True)
class ConditionalAccuracy(ImageMetric):
    """``accuracy[<features>]``; higher is better. ``features`` must be a classifier of the reference's classes.

    Compare it with the classifier's own test accuracy, which is in the record: only a generator that draws each class
    without variety can far exceed it.
    """

    better: ClassVar[Better] = "higher"
    needs_labels: ClassVar[bool] = True
    min_samples: ClassVar[int] = 100  # with fewer, one sample is more than a hundredth

    features: FeatureExtractor

    @property
    def name(self) -> str:
        """The metric and its classifier."""
        return score_name("accuracy", self.features)

    def begin(self, reference: Dataset) -> ConditionalAccuracyMeasurement:
        """Return an empty measurement. Raises UserError if the features do not classify the reference's classes."""
        return ConditionalAccuracyMeasurement(
            self, reference, require_classifier(self.name, self.features, reference)
        )


class ConditionalAccuracyMeasurement:
    """Accumulates the number of samples and of correctly classified samples of each class."""

    def __init__(
        self, metric: ConditionalAccuracy, reference: Dataset, classifier: ClassifierExtractor
    ) -> None:
        self._metric, self._reference, self._classifier = metric, reference, classifier
        self._samples, self._correct = (torch.zeros(len(reference.info.classes)) for _ in range(2))

    def add(self, batch: SampleBatch) -> None:
        """Count one batch of images. Raises UserError if it has no labels."""
        labels = batch_labels(batch, self._metric.name)
        correct = batch.logits(self._classifier).argmax(1) == labels
        self._samples += torch.bincount(labels, minlength=len(self._samples))
        self._correct += torch.bincount(labels[correct], minlength=len(self._samples))

    def score(self) -> Score:
        """Return the accuracy with its 95 % interval, and the accuracy of each class."""
        metric, samples = self._metric, int(self._samples.sum())
        value = float(self._correct.sum()) / samples
        class_accuracies = [
            float(correct / count) if count else None
            for count, correct in zip(self._samples, self._correct, strict=True)
        ]
        return Score(
            name=metric.name,
            value=value,
            better=metric.better,
            details={
                "interval_95": wilson_interval(value, samples),
                "classes": dict(zip(self._reference.info.classes, class_accuracies, strict=True)),
            },
            measured={
                "samples": samples,
                "samples_of_class": self._samples.int().tolist(),
                "reference": reference_record(self._reference, self._reference.info.size),
                "features": features_record(metric.features),
                "versions": versions("ganbench", "torch"),
            },
        )


def require_classifier(metric: str, features: FeatureExtractor, reference: Dataset) -> ClassifierExtractor:
    """Return the features if they classify the reference's classes, in its order.

    If the features list their ``classes``, the names are compared, otherwise only the number of classes.

    Raises:
        UserError: The features are no classifier or one of other classes, or the reference has no classes.
    """
    info = reference.info
    if not info.classes:
        raise UserError(f"metric '{metric}' needs a reference with classes, and '{info.name}' has none")
    if not isinstance(features, ClassifierExtractor):
        raise UserError(
            f"metric '{metric}' needs a classifier of '{info.name}', and features '{features.name}' are none; "
            f"write --features classifier:{info.name}"
        )
    number = features.logits(reference.items(torch.zeros(1, dtype=torch.int64))).shape[1]
    names: tuple[str, ...] | None = getattr(features, "classes", None)
    if number != len(info.classes) or names not in (None, info.classes):
        raise UserError(
            f"metric '{metric}': the classes of '{features.name}' are not those of '{info.name}'; "
            f"write --features classifier:{info.name}"
        )
    return features
