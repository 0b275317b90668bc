"""Do samples show the class they were asked for? The share on which a classifier of real pictures says so.

Odena, Olah and Shlens, "Conditional Image Synthesis with Auxiliary Classifier GANs" (2016), arXiv:1610.09585.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import Classifying, FeatureExtractor, score_name
from ganbench.metrics.image_metric import PictureMetric
from ganbench.metrics.labels import labels_in
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import Chunk
from ganbench.metrics.score import Better, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


@dataclass(frozen=True)
class ConditionalAccuracy(PictureMetric):
    """``accuracy[<features>]``, higher is better; the features must tell the reference's classes.

    The classifier's own accuracy on real test pictures, which no sample is to be expected to pass by far, stands in
    the record; a generator that draws each class always alike can.
    """

    needs_labels: ClassVar[bool] = True

    features: FeatureExtractor

    @property
    def name(self) -> str:
        """The classifier is in the name."""
        return score_name("accuracy", self.features)

    @property
    def better(self) -> Better:
        """Higher is better."""
        return "higher"

    @property
    def min_samples(self) -> int:
        """Below that, one sample is more than a hundredth."""
        return 100

    def begin(self, reference: Dataset) -> ConditionalAccuracyMeasurement:
        """Return an empty measurement. Raises UserError if the features do not tell the reference's classes."""
        return ConditionalAccuracyMeasurement(
            self, reference, require_classes(self.name, self.features, reference)
        )


class ConditionalAccuracyMeasurement:
    """How many samples there were of each class, and how many were recognised."""

    def __init__(self, metric: ConditionalAccuracy, reference: Dataset, classifier: Classifying) -> None:
        self._metric, self._reference, self._classifier = metric, reference, classifier
        self._asked, self._right = (torch.zeros(len(reference.info.classes)) for _ in range(2))

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures. Raises UserError if they have no labels."""
        labels = labels_in(chunk, self._metric.name)
        right = chunk.logits(self._classifier).argmax(1) == labels
        self._asked += torch.bincount(labels, minlength=len(self._asked))
        self._right += torch.bincount(labels[right], minlength=len(self._asked))

    def score(self) -> Score:
        """Return the share that was recognised, with its 95 % interval, and that of each class."""
        metric, samples = self._metric, int(self._asked.sum())
        value = float(self._right.sum()) / samples
        of_class = [
            float(right / asked) if asked else None
            for asked, right in zip(self._asked, self._right, strict=True)
        ]
        return Score(
            name=metric.name,
            value=value,
            better=metric.better,
            details={
                "interval_95": wilson_interval(value, samples),
                "classes": dict(zip(self._reference.info.classes, of_class, strict=True)),
            },
            measured={
                "samples": samples,
                "samples_of_class": self._asked.int().tolist(),
                "reference": reference_record(self._reference, self._reference.info.size),
                "features": features_record(metric.features),
                "versions": versions("ganbench", "torch"),
            },
        )


def wilson_interval(share: float, count: int) -> list[float]:
    """Return Wilson's 95 % interval (1927) of a probability, of which a share of ``count`` was seen."""
    z2 = 1.96**2 / count
    middle = (share + z2 / 2) / (1 + z2)
    reach = (share * (1 - share) * z2 + z2 * z2 / 4) ** 0.5 / (1 + z2)
    return [max(0.0, middle - reach), min(1.0, middle + reach)]


def require_classes(metric: str, features: FeatureExtractor, reference: Dataset) -> Classifying:
    """Return the features if their network tells the reference's classes, in its order.

    Raises UserError for a network that tells none or others, and a reference without classes. Names of classes are
    compared where the features know them (an attribute ``classes``), else their number.
    """
    info = reference.info
    if not info.classes:
        raise UserError(f"metric '{metric}' needs a reference with classes, and '{info.name}' has none")
    if not isinstance(features, Classifying):
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
