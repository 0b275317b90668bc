"""k nearest neighbours: how accurately a vote of the nearest training images predicts the class of an image.

Votes are weighted as in Wu, Xiong, Yu and Lin, "Unsupervised Feature Learning via Non-Parametric Instance
Discrimination" (2018), arXiv:1805.01978.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import score_name
from ganbench.metrics.features.nearest import find_nearest
from ganbench.metrics.representation.feature_quality import FeatureQuality, LabelledFeatures
from ganbench.metrics.score import JSON

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

BLOCK_SIZE = 1000


@dataclass(frozen=True)
class KNNAccuracy(FeatureQuality):
    """``knn[<features>]``: the accuracy of a vote of the ``k`` nearest neighbours by cosine similarity.

    A vote has the weight exp(cosine / ``temperature``).
    """

    k: int = 20
    temperature: float = 0.07

    @property
    def name(self) -> str:
        """The metric and its features."""
        return score_name("knn", self.features)

    @property
    def settings(self) -> Mapping[str, JSON]:
        """The settings of the metric, for the record of a score."""
        return {"k": self.k, "temperature": self.temperature, "nearness": "cosine"}

    def with_held_out(self, held_out: Dataset) -> KNNAccuracy:
        """Return a copy of the metric with these images."""
        return replace(self, held_out=held_out)

    def accuracy(self, data: LabelledFeatures) -> tuple[float, dict[str, JSON]]:
        """Return the test accuracy; that of a single neighbour is in the details."""
        if not 1 <= self.k <= len(data.train):
            raise UserError(
                f"metric '{self.name}' cannot find {self.k} neighbours among {len(data.train):,} images"
            )
        accuracy, single = knn_accuracy(data, self.k, self.temperature)
        return accuracy, {"one_neighbour": single}


def knn_accuracy(data: LabelledFeatures, k: int = 20, temperature: float = 0.07) -> tuple[float, float]:
    """Return the test accuracies of a vote of ``k`` neighbours and of the nearest one, by cosine similarity."""
    blocks = (functional.normalize(block) for block in torch.split(data.train, BLOCK_SIZE))
    neighbours = find_nearest(functional.normalize(data.test), blocks, k)
    cosines = 1 - neighbours.distances.square() / 2
    votes = functional.one_hot(data.train_labels[neighbours.indices], data.classes).double()
    weighted = (votes * (cosines / temperature).double().exp()[:, :, None]).sum(1)
    single = (data.train_labels[neighbours.indices[:, 0]] == data.test_labels).double().mean()
    return float((weighted.argmax(1) == data.test_labels).double().mean()), float(single)


def nearest_neighbour_accuracy(data: LabelledFeatures) -> float:
    """Return the test accuracy of the nearest neighbour by Euclidean distance."""
    neighbours = find_nearest(data.test, torch.split(data.train, BLOCK_SIZE))
    return float((data.train_labels[neighbours.indices[:, 0]] == data.test_labels).double().mean())
