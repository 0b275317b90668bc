"""How different samples are from one another: the mean distance of random pairs of them, next to that of real pairs.

In LPIPS's features the distance is that of Zhang et al. (2018), arXiv:1801.03924, and its mean the diversity of Zhu et
al., "Toward Multimodal Image-to-Image Translation" (2017), arXiv:1711.11586.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.metrics.extractors.base import FeatureExtractor, score_name
from ganbench.metrics.features.reference import random_order
from ganbench.metrics.image_metric import PictureMetric
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import Chunk
from ganbench.metrics.score import Better, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

CHUNK = 50  # pictures at a time: features may be long


@dataclass(frozen=True)
class Diversity(PictureMetric):
    """``diversity[<features>]``: the mean squared distance of pairs of samples; higher is better, up to real pairs'.

    Each sample is in one pair, with a neighbour in the order in which they come.
    """

    features: FeatureExtractor

    @property
    def name(self) -> str:
        """The features are in the name."""
        return score_name("diversity", self.features)

    @property
    def better(self) -> Better:
        """Higher is better."""
        return "higher"

    @property
    def min_samples(self) -> int:
        """A hundred pairs."""
        return 200

    @property
    def default_samples(self) -> int:
        """A thousand pairs."""
        return 2000

    def begin(self, reference: Dataset) -> DiversityMeasurement:
        """Return an empty measurement."""
        return DiversityMeasurement(self, reference)


class DiversityMeasurement:
    """The distances of pairs so far; features are not kept."""

    def __init__(self, metric: Diversity, reference: Dataset) -> None:
        self._metric, self._reference = metric, reference
        self._distances = list[Tensor]()
        self._samples = 0

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures."""
        self._samples += len(chunk)
        self._distances.append(self._pairs(chunk.samples))

    def score(self) -> Score:
        """Return the mean distance; ``real`` is that of as many pairs of real pictures, or all."""
        metric = self._metric
        index = random_order(self._reference.info.size)[: self._samples]
        real = torch.cat([self._pairs(self._reference.items(part)) for part in torch.split(index, 250)])
        made = torch.cat(self._distances)
        value = float(made.mean())
        error = 1.96 * float(made.std()) / len(made) ** 0.5
        return Score(
            name=metric.name,
            value=value,
            better=metric.better,
            details={"interval_95": [value - error, value + error], "real": float(real.mean())},
            measured={
                "samples": self._samples,
                "pairs": len(made),
                "reference": reference_record(self._reference, len(index)),
                "features": features_record(metric.features),
                "distance": "squared Euclidean, of features",
                "versions": versions("ganbench", "torch"),
            },
        )

    def _pairs(self, pictures: Tensor) -> Tensor:
        """Return the squared distance of each picture with an even number to the next, float64 ``[N // 2]``."""
        found = []
        for part in torch.split(pictures, CHUNK):
            rows = self._metric.features(part[: len(part) // 2 * 2])
            found.append((rows[::2] - rows[1::2]).square().sum(1).double())
        return torch.cat(found)
