"""Are the classes among samples as frequent as in the data? A classifier of real pictures counts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from ganbench.metrics.classes.conditional_accuracy import require_classes
from ganbench.metrics.extractors.base import Classifying, FeatureExtractor, score_name
from ganbench.metrics.image_metric import PictureMetric
from ganbench.metrics.labels import labels_of
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import Chunk
from ganbench.metrics.score import Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

SURE = 0.9


@dataclass(frozen=True)
class ClassBalance(PictureMetric):
    """``balance[<features>]``: KL(samples' classes || the data's) in nats; lower is better, 0 is even.

    Samples need no labels; the features must tell the reference's classes.
    """

    features: FeatureExtractor

    @property
    def name(self) -> str:
        """The classifier is in the name."""
        return score_name("balance", self.features)

    @property
    def min_samples(self) -> int:
        """Below that, chance alone makes ten classes look uneven."""
        return 100

    def begin(self, reference: Dataset) -> ClassBalanceMeasurement:
        """Return an empty measurement. Raises UserError if the features do not tell the reference's classes."""
        return ClassBalanceMeasurement(self, reference, require_classes(self.name, self.features, reference))


class ClassBalanceMeasurement:
    """How many samples of each class there were, and how many of no clear class."""

    def __init__(self, metric: ClassBalance, reference: Dataset, classifier: Classifying) -> None:
        self._metric, self._reference, self._classifier = metric, reference, classifier
        self._counts = torch.zeros(len(reference.info.classes), dtype=torch.int64)
        self._unsure = 0

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures; the likeliest class counts, however unsure the classifier is."""
        sure, found = chunk.logits(self._classifier).softmax(1).max(1)
        self._counts += torch.bincount(found, minlength=len(self._counts))
        self._unsure += int((sure < SURE).sum())

    def score(self) -> Score:
        """Return the divergence; ``expected`` is about what as many real pictures would have by chance."""
        metric, info = self._metric, self._reference.info
        labels = labels_of(self._reference, metric.name)
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
                "unsure_below": SURE,
                "versions": versions("ganbench", "torch"),
            },
        )
