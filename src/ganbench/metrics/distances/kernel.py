"""The kernel distance: the unbiased squared maximum mean discrepancy of features, with a cubic kernel.

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
from ganbench.metrics.features.reference import reference_features
from ganbench.metrics.image_metric import FeatureCollector, ImageMetric
from ganbench.metrics.intervals import interval_from_subsets
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

SUBSETS, SUBSET_SIZE = 100, 1000
SEED = 2020  # torch-fidelity's, so that equal features in equal order give the same subsets


def kernel_distance(a: Tensor, b: Tensor) -> float:
    """Return the unbiased squared distance of ``[N, D]`` and ``[M, D]`` with the kernel ``(x y / D + 1)³``.

    Its expectation is 0 for equal distributions, so it may be below 0. Products are float32, everything else is
    float64. Raises ValueError for fewer than 2 rows and for different dimensions.
    """
    if len(a) < 2 or len(b) < 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"needs [N, D] and [M, D] with N, M > 1, not {list(a.shape)} and {list(b.shape)}")
    within = [_mean_off_diagonal(_kernel(x, x)) for x in (a, b)]
    return float(within[0] + within[1] - 2 * _kernel(a, b).mean())


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    return ((a @ b.T).double() / a.shape[1] + 1) ** 3


def _mean_off_diagonal(kernel: Tensor) -> Tensor:
    return (kernel.sum() - kernel.trace()) / (len(kernel) * (len(kernel) - 1))


def draw_subsets(
    samples: int, items: int, count: int, size: int, seed: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield ``count`` pairs of ``size`` sample and reference indices, each drawn without replacement."""
    random = np.random.RandomState(seed)
    for _ in range(count):
        sample_index = random.choice(samples, size, replace=False)
        yield torch.from_numpy(sample_index), torch.from_numpy(random.choice(items, size, replace=False))


@dataclass(frozen=True)
class KernelDistance(ImageMetric):
    """``kd[<features>]``, lower is better: the mean over random subsets of 10,000 samples and 10,000 real images.

    If there are fewer than ``subset_size`` of either, the subsets have that size.
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
        """The name, with the features: distances in other features are other scores."""
        return score_name("kd", self.features)

    @property
    def min_samples(self) -> int:
        """With fewer, the score is mostly noise."""
        return min(100, self.subset_size)

    def begin(self, reference: Dataset) -> KernelMeasurement:
        """Load or compute the reference's features. Raises UserError if it has too few items."""
        if reference.info.size < self.min_samples:
            raise UserError(
                f"metric '{self.name}' needs a reference of at least {self.min_samples:,} items, "
                f"and '{reference.info.name}' has {reference.info.size:,}; use a larger set"
            )
        return KernelMeasurement(self, reference, reference_features(reference, self.features))


class KernelMeasurement:
    """The features of the samples so far, and those of the reference."""

    def __init__(self, metric: KernelDistance, reference: Dataset, real: Tensor) -> None:
        self._metric, self._dataset, self._real = metric, reference, real
        self._collector = FeatureCollector(metric.features)

    def add(self, batch: SampleBatch) -> None:
        """Add a batch of images."""
        self._collector.add(batch)

    def score(self) -> Score:
        """Return the mean distance over the subsets of all samples so far, and its spread."""
        metric, real, fake = self._metric, self._real, self._collector.features()
        size = min(metric.subset_size, len(fake), len(real))
        subsets = draw_subsets(len(fake), len(real), metric.subset_count, size, metric.seed)
        distances = torch.tensor([kernel_distance(fake[i], real[j]) for i, j in subsets], dtype=torch.float64)
        return Score(
            name=metric.name,
            value=float(distances.mean()),
            better=metric.better,
            details={
                "spread_over_subsets": float(distances.std(correction=0)),
                "interval_95": interval_from_subsets(distances, size, min(len(fake), len(real))),
            },
            measured={
                "samples": len(fake),
                "reference": reference_record(self._dataset, len(real)),
                "features": features_record(metric.features),
                "kernel": "(x y / dims + 1)^3, unbiased",
                "subsets": metric.subset_count,
                "subset_size": size,
                "seed": metric.seed,
                "versions": versions("ganbench", "torch"),
            },
        )
