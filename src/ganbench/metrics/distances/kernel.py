"""The kernel distance: the unbiased squared maximum mean discrepancy of features, under a cubic kernel.

Bińkowski et al., "Demystifying MMD GANs" (2018), arXiv:1801.01401. With that paper's Inception features it is
the Kernel Inception Distance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import FeatureExtractor, score_name
from ganbench.metrics.features.reference import reference_rows
from ganbench.metrics.image_metric import PictureMetric, Rows
from ganbench.metrics.intervals import of_subsets
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import Chunk
from ganbench.metrics.score import JSON, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

SUBSETS, SUBSET_SIZE = 100, 1000
SEED = 2020  # torch-fidelity's: of equal features in equal order it then draws the same subsets


def kernel_distance(a: Tensor, b: Tensor) -> float:
    """Return the unbiased squared distance of ``[N, D]`` and ``[M, D]`` under ``(x y / D + 1)³``.

    Its expectation is 0 for equal distributions, so that it may be below 0. Products are of float32, all else of
    float64. Raises ValueError for fewer than 2 rows and for different dimensions.
    """
    if len(a) < 2 or len(b) < 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"needs [N, D] and [M, D] with N, M > 1, not {list(a.shape)} and {list(b.shape)}")
    own = [_mean_off_diagonal(_kernel(x, x)) for x in (a, b)]
    return float(own[0] + own[1] - 2 * _kernel(a, b).mean())


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    return ((a @ b.T).double() / a.shape[1] + 1) ** 3


def _mean_off_diagonal(kernel: Tensor) -> Tensor:
    return (kernel.sum() - kernel.trace()) / (len(kernel) * (len(kernel) - 1))


def subsets(samples: int, items: int, count: int, size: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield ``count`` times ``size`` row numbers of the samples and of the reference, none of them twice."""
    draw = np.random.RandomState(seed)
    for _ in range(count):
        first = draw.choice(samples, size, replace=False)
        yield torch.from_numpy(first), torch.from_numpy(draw.choice(items, size, replace=False))


@dataclass(frozen=True)
class KernelDistance(PictureMetric):
    """``kd[<features>]``, lower is better: the mean over random subsets, of 10,000 samples and of 10,000 real pictures.

    Where there are fewer than ``subset_size`` of either, the subsets are as large as that.
    """

    features: FeatureExtractor
    subset_count: int = SUBSETS
    subset_size: int = SUBSET_SIZE
    seed: int = SEED

    def __post_init__(self) -> None:
        if self.subset_count < 1 or self.subset_size < 2:
            raise UserError(
                "a kernel distance needs at least 1 subset of at least 2, "
                f"not {self.subset_count} of {self.subset_size}"
            )

    @property
    def name(self) -> str:
        """The features are in the name: distances in other features are other scores."""
        return score_name("kd", self.features)

    @property
    def min_samples(self) -> int:
        """Below that, chance is most of the score."""
        return min(100, self.subset_size)

    def begin(self, reference: Dataset) -> KernelMeasurement:
        """Have the features of some of the reference's pictures ready."""
        return KernelMeasurement(self, reference, reference_rows(reference, self.features))


class KernelMeasurement:
    """The samples' features so far, next to the reference's."""

    def __init__(self, metric: KernelDistance, reference: Dataset, real: Tensor) -> None:
        self._metric, self._dataset, self._real = metric, reference, real
        self._rows = Rows(metric.features)

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures."""
        self._rows.add(chunk)

    def score(self) -> Score:
        """Return the mean distance over the subsets of all pictures so far, and its spread."""
        metric, real, rows = self._metric, self._real, self._rows.matrix()
        size = min(metric.subset_size, len(rows), len(real))
        drawn = subsets(len(rows), len(real), metric.subset_count, size, metric.seed)
        distances = torch.tensor([kernel_distance(rows[i], real[j]) for i, j in drawn], dtype=torch.float64)
        kernel: dict[str, JSON] = {
            "kernel": "(x y / dims + 1)^3, unbiased",
            "subsets": metric.subset_count,
            "subset_size": size,
            "seed": metric.seed,
        }
        return Score(
            name=metric.name,
            value=float(distances.mean()),
            better=metric.better,
            details={
                "spread_over_subsets": float(distances.std(correction=0)),
                "interval_95": of_subsets(distances, size, min(len(rows), len(real))),
            },
            measured={
                "samples": len(rows),
                "reference": reference_record(self._dataset, len(real)),
                "features": features_record(metric.features),
                **kernel,
                "versions": versions("ganbench", "torch"),
            },
        )
