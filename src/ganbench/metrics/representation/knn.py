"""k nearest neighbours: how often the pictures nearest to a real picture, in features, are of its class.

Wu, Xiong, Yu and Lin, "Unsupervised Feature Learning via Non-Parametric Instance Discrimination" (2018),
arXiv:1805.01978, whose weights of votes these are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import score_name
from ganbench.metrics.features.nearest import nearest
from ganbench.metrics.representation.feature_quality import FeatureQuality, Labelled
from ganbench.metrics.score import JSON

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


@dataclass(frozen=True)
class NearestClasses(FeatureQuality):
    """``knn[<features>]``: the accuracy of a vote of the ``k`` nearest, by the cosine of the angle between features.

    A vote weighs exp(cosine / ``temperature``).
    """

    k: int = 20
    temperature: float = 0.07

    @property
    def name(self) -> str:
        """The features are in the name."""
        return score_name("knn", self.features)

    @property
    def settings(self) -> Mapping[str, JSON]:
        """What decides the score beside the features."""
        return {"k": self.k, "temperature": self.temperature, "nearness": "cosine"}

    def with_held_out(self, held_out: Dataset) -> NearestClasses:
        """Return the same metric with these pictures."""
        return replace(self, held_out=held_out)

    def accuracy(self, of: Labelled) -> tuple[float, dict[str, JSON]]:
        """Return the accuracy on the test features; with one neighbour in the details."""
        if not 1 <= self.k <= len(of.train):
            raise UserError(
                f"metric '{self.name}' cannot find {self.k} neighbours among {len(of.train):,} pictures"
            )
        voted_for, one = voted(of, self.k, self.temperature)
        return voted_for, {"one_neighbour": one}


def voted(of: Labelled, k: int = 20, temperature: float = 0.07) -> tuple[float, float]:
    """Return the accuracy on the test features of the vote of ``k`` neighbours, and that of the nearest one alone."""
    found = nearest(
        functional.normalize(of.test),
        (functional.normalize(part) for part in torch.split(of.train, 1000)),
        k,
    )
    cosines = 1 - found.distances.square() / 2
    votes = functional.one_hot(of.train_labels[found.places], of.classes).double()
    weighed = (votes * (cosines / temperature).double().exp()[:, :, None]).sum(1)
    one = (of.train_labels[found.places[:, 0]] == of.test_labels).double().mean()
    return float((weighed.argmax(1) == of.test_labels).double().mean()), float(one)


def matched(of: Labelled) -> float:
    """Return the accuracy on the test features of the class of the nearest one by Euclidean distance."""
    found = nearest(of.test, torch.split(of.train, 1000))
    return float((of.train_labels[found.places[:, 0]] == of.test_labels).double().mean())
