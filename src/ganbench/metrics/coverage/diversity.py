"""Diversity of samples: the mean feature distance of random pairs, next to that of real pairs.

With LPIPS features the distance is that of Zhang et al. (2018), arXiv:1801.03924, and its mean the diversity of Zhu et
al., "Toward Multimodal Image-to-Image Translation" (2017), arXiv:1711.11586.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import FeatureExtractor, extract, score_name
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
    """``diversity[<features>]``: the mean squared feature distance of random pairs of samples.

    Higher is better, up to the value of real pairs. Each sample is in one pair. Pairs are drawn at random, since the
    samples of a conditional model come one class after another: neighbours would never share a class.
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
        """Return an empty measurement. Raises UserError if the reference is too small to form pairs."""
        if reference.info.size < 2:
            raise UserError(
                f"metric '{self.name}' needs a reference of at least 2 items, and '{reference.info.name}' has "
                f"{reference.info.size}; use a larger data set"
            )
        return DiversityMeasurement(self, reference)


class DiversityMeasurement:
    """Collects the samples. Features, which may be much longer than images, are computed pair by pair at the end."""

    def __init__(self, metric: Diversity, reference: Dataset) -> None:
        self._metric, self._reference = metric, reference
        self._samples = list[Tensor]()

    def add(self, batch: SampleBatch) -> None:
        """Collect one batch of images."""
        self._samples.append(batch.samples)

    def score(self) -> Score:
        """Return the mean distance; the detail ``real`` is that of as many real pairs, or of all."""
        metric, samples = self._metric, torch.cat(self._samples)
        distances = self._pair_distances(random_order(len(samples)), lambda index: samples[index])
        index = random_order(self._reference.info.size)[: len(samples)]
        real = self._pair_distances(index, self._reference.items)
        value = float(distances.mean())
        error = 1.96 * float(distances.std()) / len(distances) ** 0.5
        return Score(
            name=metric.name,
            value=value,
            better=metric.better,
            details={"interval_95": [value - error, value + error], "real": float(real.mean())},
            measured={
                "samples": len(samples),
                "pairs": len(distances),
                "pairing": "at random",
                "reference": reference_record(self._reference, len(index)),
                "features": features_record(metric.features),
                "distance": "squared Euclidean, of features",
                "versions": versions("ganbench", "torch"),
            },
        )

    def _pair_distances(self, index: Tensor, items: Callable[[Tensor], Tensor]) -> Tensor:
        """Return the squared distance of the items ``index[2 i]`` and ``index[2 i + 1]``, float64 ``[N // 2]``."""
        distances = []
        for part in torch.split(index[: len(index) // 2 * 2], BATCH_SIZE):
            features = extract(self._metric.features, items(part))
            distances.append((features[::2] - features[1::2]).square().sum(1).double())
        return torch.cat(distances)
