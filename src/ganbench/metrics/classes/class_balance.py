"""Class balance: whether classes are as frequent among samples as in the data, counted by a classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from ganbench.metrics.classes.conditional_accuracy import require_classifier
from ganbench.metrics.extractors.base import ClassifierExtractor, FeatureExtractor, score_name
from ganbench.metrics.image_metric import ImageMetric
from ganbench.metrics.labels import dataset_labels
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

CONFIDENCE_THRESHOLD = 0.9


@dataclass(frozen=True)
class ClassBalance(ImageMetric):
    """``balance[<features>]``: KL(samples' classes || the data's) in nats; lower is better, 0 is balanced.

    Samples need no labels; ``features`` must be a classifier of the reference's classes.
    """

    min_samples: ClassVar[int] = 100  # with fewer, ten classes look uneven by chance

    features: FeatureExtractor

    @property
    def name(self) -> str:
        """The metric and its classifier."""
        return score_name("balance", self.features)

    def begin(self, reference: Dataset) -> ClassBalanceMeasurement:
        """Return an empty measurement. Raises UserError if the features do not classify the reference's classes."""
        return ClassBalanceMeasurement(
            self, reference, require_classifier(self.name, self.features, reference)
        )


class ClassBalanceMeasurement:
    """Accumulates the number of samples of each class, and of samples with low confidence."""

    def __init__(self, metric: ClassBalance, reference: Dataset, classifier: ClassifierExtractor) -> None:
        self._metric, self._reference, self._classifier = metric, reference, classifier
        self._counts = torch.zeros(len(reference.info.classes), dtype=torch.int64)
        self._unsure = 0

    def add(self, batch: SampleBatch) -> None:
        """Count one batch of images by their most likely class, at any confidence."""
        confidence, predicted = batch.logits(self._classifier).softmax(1).max(1)
        self._counts += torch.bincount(predicted, minlength=len(self._counts))
        self._unsure += int((confidence < CONFIDENCE_THRESHOLD).sum())

    def score(self) -> Score:
        """Return the divergence; the detail ``expected`` is about that of as many real images."""
        metric, info = self._metric, self._reference.info
        labels = dataset_labels(self._reference, metric.name)
        real = torch.bincount(labels, minlength=len(self._counts)).double() / len(labels)
        samples = int(self._counts.sum())
        shares = self._counts.double() / samples
        present = real > 0
        divergence = torch.xlogy(shares, shares)[present] - torch.xlogy(shares, real)[present]
        return Score(
            name=metric.name,
            value=max(0.0, float(divergence.sum())),
            better=metric.better,
            details={
                "expected": (int(present.sum()) - 1) / (2 * samples),
                "classes": dict(zip(info.classes, shares.tolist(), strict=True)),
                "data": dict(zip(info.classes, real.tolist(), strict=True)),
                "missing": [info.classes[k] for k in (self._counts == 0).nonzero().flatten().tolist()],
                "unsure": self._unsure / samples,
            },
            measured={
                "samples": samples,
                "reference": reference_record(self._reference, info.size),
                "features": features_record(metric.features),
                "unsure_below": CONFIDENCE_THRESHOLD,
                "versions": versions("ganbench", "torch"),
            },
        )
