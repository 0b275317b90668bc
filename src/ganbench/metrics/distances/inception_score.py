"""The Inception Score: how confident a classifier is of each image, and how varied its predictions are.

Salimans et al., "Improved Techniques for Training GANs" (2016), arXiv:1606.03498; on its limits, Barratt and
Sharma, "A Note on the Inception Score" (2018), arXiv:1801.01973.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import ClassifierExtractor, FeatureExtractor, score_name
from ganbench.metrics.image_metric import ImageMetric
from ganbench.metrics.intervals import interval_from_splits
from ganbench.metrics.record import features_record, versions
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import Better, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

SPLITS = 10
SEED = 2020  # torch-fidelity's, so that equal logits in equal order are split the same way


def inception_scores(logits: Tensor, splits: int = SPLITS) -> Tensor:
    """Return ``exp(mean KL(p(y|x) || p(y)))`` of each of ``splits`` consecutive parts of logits ``[N, classes]``.

    Each score is between 1 and the number of classes; computed in float64. Raises ValueError for fewer rows than
    splits.
    """
    if not 1 <= splits <= len(logits):
        raise ValueError(f"cannot make {splits} parts of {len(logits)} samples")
    bounds = [part * len(logits) // splits for part in range(splits + 1)]
    return torch.stack([_inception_score(logits[a:b].double()) for a, b in pairwise(bounds)])


def _inception_score(logits: Tensor) -> Tensor:
    log_p = logits.log_softmax(1)
    p = log_p.exp()
    marginal = p.mean(0)
    return (torch.xlogy(p, p).sum(1).mean() - torch.xlogy(marginal, marginal).sum()).exp()


@dataclass(frozen=True)
class InceptionScore(ImageMetric):
    """``is[<features>]``, higher is better: the mean over 10 splits, by default of 50,000 samples.

    It ignores the reference. The features must come from a classifier.
    """

    better: ClassVar[Better] = "higher"
    default_samples: ClassVar[int] = 50_000  # as in the paper

    features: FeatureExtractor
    splits: int = SPLITS
    seed: int = SEED

    def __post_init__(self) -> None:
        if self.splits < 1:
            raise UserError(f"an Inception Score needs at least 1 split, not {self.splits}")

    @property
    def name(self) -> str:
        """The name, with the features: another classifier gives another score."""
        return score_name("is", self.features)

    @property
    def min_samples(self) -> int:
        """Ten for each split."""
        return 10 * self.splits

    def begin(self, reference: Dataset) -> InceptionScoreMeasurement:
        """Return an empty measurement. Raises UserError if the features do not come from a classifier."""
        if not isinstance(self.features, ClassifierExtractor):
            raise UserError(
                f"metric 'is' needs the features of a classifier, and '{self.features.name}' is none; "
                "use inception or classifier:DATASET"
            )
        return InceptionScoreMeasurement(self, self.features)


class InceptionScoreMeasurement:
    """The logits of the samples so far."""

    def __init__(self, metric: InceptionScore, classifier: ClassifierExtractor) -> None:
        self._metric, self._classifier = metric, classifier
        self._logits: list[Tensor] = []

    def add(self, batch: SampleBatch) -> None:
        """Add a batch of images."""
        self._logits.append(batch.logits(self._classifier))

    def score(self) -> Score:
        """Return the mean score over the splits of all samples so far, shuffled."""
        metric, logits = self._metric, torch.cat(self._logits)
        order = torch.from_numpy(np.random.RandomState(metric.seed).permutation(len(logits)))
        scores = inception_scores(logits[order], metric.splits)
        return Score(
            name=metric.name,
            value=float(scores.mean()),
            better=metric.better,
            details={
                "spread_over_splits": float(scores.std(correction=0)),
                "interval_95": interval_from_splits(scores),
                "highest_possible": logits.shape[1],
            },
            measured={
                "samples": len(logits),
                "features": features_record(metric.features),
                "splits": metric.splits,
                "seed": metric.seed,
                "versions": versions("ganbench", "torch"),
            },
        )
