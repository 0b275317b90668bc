"""The Inception Score: how sure a classifier is of each picture, and how varied its answers are.

Salimans et al., "Improved Techniques for Training GANs" (2016), arXiv:1606.03498; on its limits, Barratt and
Sharma, "A Note on the Inception Score" (2018), arXiv:1801.01973.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import Classifying, FeatureExtractor, score_name
from ganbench.metrics.image_metric import PictureMetric
from ganbench.metrics.intervals import of_parts
from ganbench.metrics.record import features_record, versions
from ganbench.metrics.sample_batch import Chunk
from ganbench.metrics.score import Better, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

SPLITS = 10
SEED = 2020  # torch-fidelity's: of equal logits in equal order it then makes the same splits


def inception_scores(logits: Tensor, splits: int = SPLITS) -> Tensor:
    """Return ``exp(mean KL(p(y|x) || p(y)))`` of each of ``splits`` parts, in turn, of logits ``[N, classes]``.

    Each is between 1 and the number of classes; worked out in float64. Raises ValueError for fewer rows than splits.
    """
    if not 1 <= splits <= len(logits):
        raise ValueError(f"cannot make {splits} parts of {len(logits)} samples")
    bounds = [part * len(logits) // splits for part in range(splits + 1)]
    return torch.stack([_score(logits[a:b].double()) for a, b in pairwise(bounds)])


def _score(logits: Tensor) -> Tensor:
    log_p = logits.log_softmax(1)
    p = log_p.exp()
    marginal = p.mean(0)
    return (torch.xlogy(p, p).sum(1).mean() - torch.xlogy(marginal, marginal).sum()).exp()


@dataclass(frozen=True)
class InceptionScore(PictureMetric):
    """``is[<features>]``, higher is better: the mean over 10 splits; 50,000 samples are usual.

    It knows nothing of the reference. The features must be of a network that tells classes.
    """

    features: FeatureExtractor
    splits: int = SPLITS
    seed: int = SEED

    def __post_init__(self) -> None:
        if self.splits < 1:
            raise UserError(f"an Inception Score needs at least 1 split, not {self.splits}")

    @property
    def name(self) -> str:
        """The features are in the name: another classifier gives another score."""
        return score_name("is", self.features)

    @property
    def better(self) -> Better:
        """Higher is better."""
        return "higher"

    @property
    def min_samples(self) -> int:
        """Ten in each split."""
        return 10 * self.splits

    @property
    def default_samples(self) -> int:
        """As in the paper."""
        return 50_000

    def begin(self, reference: Dataset) -> InceptionScoreMeasurement:
        """Return an empty measurement. Raises UserError for features without classes."""
        if not isinstance(self.features, Classifying):
            raise UserError(
                f"metric 'is' needs features of a network that tells classes, and '{self.features.name}' do not; "
                "use inception or classifier:DATASET"
            )
        return InceptionScoreMeasurement(self, self.features)


class InceptionScoreMeasurement:
    """The samples' logits so far."""

    def __init__(self, metric: InceptionScore, classifier: Classifying) -> None:
        self._metric, self._classifier = metric, classifier
        self._logits: list[Tensor] = []

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures."""
        self._logits.append(chunk.logits(self._classifier))

    def score(self) -> Score:
        """Return the mean score over the splits of all pictures so far, shuffled."""
        metric, logits = self._metric, torch.cat(self._logits)
        order = torch.from_numpy(np.random.RandomState(metric.seed).permutation(len(logits)))
        scores = inception_scores(logits[order], metric.splits)
        return Score(
            name=metric.name,
            value=float(scores.mean()),
            better=metric.better,
            details={
                "spread_over_splits": float(scores.std(correction=0)),
                "interval_95": of_parts(scores),
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
