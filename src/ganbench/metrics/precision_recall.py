"""Improved precision and recall: the share of samples that look real, and of the real that the samples reach.

Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models" (2019),
arXiv:1904.06991.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ganbench.metrics.base import JSON
from ganbench.metrics.extractors.base import score_name
from ganbench.metrics.intervals import of_means
from ganbench.metrics.neighbour_metric import NeighbourMetric
from ganbench.metrics.neighbours import Neighbourhoods


def precision_and_recall(found: Neighbourhoods, k: int) -> tuple[float, float]:
    """Return the share of generated pictures in any real neighbourhood, and of real ones in any generated."""
    precision = (found.reals_around[k] > 0).double().mean()
    return float(precision), float((found.fakes_around[k] > 0).double().mean())


@dataclass(frozen=True)
class PrecisionRecall(NeighbourMetric):
    """``pr[<features>]``: the harmonic mean of precision and recall, which are in the details; k is the paper's 3.

    Intervals are of the bootstrap over pictures, whose neighbourhoods stay as they are.
    """

    k: int = 3

    @property
    def name(self) -> str:
        """The features are in the name."""
        return score_name("pr", self.features)

    def judge(self, found: Neighbourhoods) -> tuple[float, dict[str, JSON]]:
        """Return the harmonic mean (0 if both are 0), and the two."""
        precision, recall = precision_and_recall(found, self.k)
        inside, reached = found.reals_around[self.k] > 0, found.fakes_around[self.k] > 0
        return float(_harmonic(precision, recall)), {
            "precision": precision,
            "recall": recall,
            "interval_95": of_means([inside, reached], lambda means: _harmonic(*means)),
            "precision_interval_95": of_means([inside], lambda means: means[0]),
            "recall_interval_95": of_means([reached], lambda means: means[0]),
        }


def _harmonic(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    total = first + second
    return np.divide(2 * first * second, total, out=np.zeros_like(total), where=total > 0)
