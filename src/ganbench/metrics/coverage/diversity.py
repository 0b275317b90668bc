"""Diversity of samples: the mean feature distance of random pairs, next to that of real pairs.

With LPIPS features the distance is that of Zhang et al. (2018), arXiv:1801.03924, and its mean the diversity of Zhu et
al., "Toward Multimodal Image-to-Image Translation" (2017), arXiv:1711.11586.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ganbench.metrics.extractors.base import FeatureExtractor, score_name
from ganbench.metrics.features.reference import random_order
from ganbench.metrics.image_metric import ImageMetric
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import Better, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

BATCH_SIZE = 50  # even, so that no pair is split; small, since features may be long


@dataclass(frozen=True)
class Diversity(ImageMetric):
    """``diversity[<features>]``: the mean squared feature distance of pairs of samples.

    Higher is better, up to the value of real pairs. Consecutive samples form the pairs; each sample is in one.
    """

    better: ClassVar[Better] = "higher"
    min_samples: ClassVar[int] = 200
    default_samples: ClassVar[int] = 2000

    features: FeatureExtractor

    @property
    def name(self) -> str:
        """The metric and its features."""
        return score_name("diversity", self.features)

    def begin(self, reference: Dataset) -> DiversityMeasurement:
        """Return an empty measurement."""
        return DiversityMeasurement(self, reference)


class DiversityMeasurement:
    """Accumulates the distances of pairs; it stores no features."""

    def __init__(self, metric: Diversity, reference: Dataset) -> None:
        self._metric, self._reference = metric, reference
        self._distances = list[Tensor]()
        self._samples = 0

    def add(self, batch: SampleBatch) -> None:
        """Accumulate one batch of images."""
        self._samples += len(batch)
        self._distances.append(self._pair_distances(batch.samples))

    def score(self) -> Score:
        """Return the mean distance; the detail ``real`` is that of as many real pairs, or of all."""
        metric = self._metric
        index = random_order(self._reference.info.size)[: self._samples]
        real = torch.cat(
            [self._pair_distances(self._reference.items(part)) for part in torch.split(index, 250)]
        )
        distances = torch.cat(self._distances)
        value = float(distances.mean())
        error = 1.96 * float(distances.std()) / len(distances) ** 0.5
        return Score(
            name=metric.name,
            value=value,
            better=metric.better,
            details={"interval_95": [value - error, value + error], "real": float(real.mean())},
            measured={
                "samples": self._samples,
                "pairs": len(distances),
                "reference": reference_record(self._reference, len(index)),
                "features": features_record(metric.features),
                "distance": "squared Euclidean, of features",
                "versions": versions("ganbench", "torch"),
            },
        )

    def _pair_distances(self, images: Tensor) -> Tensor:
        """Return the squared distance between images ``2 i`` and ``2 i + 1``, float64 ``[N // 2]``."""
        distances = []
        for batch in torch.split(images, BATCH_SIZE):
            features = self._metric.features(batch[: len(batch) // 2 * 2])
            distances.append((features[::2] - features[1::2]).square().sum(1).double())
        return torch.cat(distances)
