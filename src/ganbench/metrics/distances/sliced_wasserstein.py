"""The sliced Wasserstein distance of pixels, by projections onto random directions, without a network.

Rabin et al., "Wasserstein Barycenter and its Application to Texture Mixing" (2011); Deshpande, Zhang and
Schwing, "Generative Modeling using the Sliced Wasserstein Distance" (2018), arXiv:1803.11188.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.features.reference import reference_batches
from ganbench.metrics.image_metric import ImageMetric
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

DIRECTIONS = 512


def wasserstein_2(a: Tensor, b: Tensor) -> Tensor:
    """Return the squared Wasserstein-2 distance of the columns of ``[N, P]`` and ``[M, P]``, float64 ``[P]``.

    Exact for any N and M: the mean squared difference of the two quantile functions. Raises ValueError for other
    shapes, no rows, or numbers that are not finite.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) == 0:
        raise ValueError(f"needs [N, P] and [M, P], not {list(a.shape)} and {list(b.shape)}")
    if not (bool(a.isfinite().all()) and bool(b.isfinite().all())):
        raise ValueError("needs finite numbers")
    a, b = a.double().sort(0).values, b.double().sort(0).values
    n, m = len(a), len(b)
    # Both quantile functions are constant between consecutive levels k / (n m).
    levels = torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]).sort().values
    widths = levels.diff(prepend=levels.new_zeros(1)).double() / (n * m)
    gaps = a[(levels - 1) // m] - b[(levels - 1) // n]
    squared: Tensor = (gaps.square() * widths[:, None]).sum(0)
    return squared


class ProjectionCollector:
    """Projects images (as numbers in 0..255) onto ``P`` random unit vectors and stores only the projections."""

    def __init__(self, shape: Sequence[int], directions: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        matrix = torch.randn(math.prod(shape), directions, generator=generator)
        self._directions = matrix / matrix.norm(dim=0)
        self._batches: list[Tensor] = []

    def add(self, images: Tensor) -> None:
        """Add a batch, uint8 ``[B, C, H, W]``."""
        self._batches.append(images.flatten(1).float() @ self._directions)

    def merge(self, other: ProjectionCollector) -> None:
        """Add all projections of another collector with the same directions."""
        self._batches += other._batches

    def projections(self) -> Tensor:
        """Return the projections, float32 ``[N, P]``."""
        return torch.cat(self._batches)


def sliced_wasserstein(a: Tensor, b: Tensor) -> float:
    """Return the root of the mean over directions of the squared distance; see :func:`wasserstein_2`."""
    blocks = zip(torch.split(a, 64, 1), torch.split(b, 64, 1), strict=True)  # bounds the memory
    return float(torch.cat([wasserstein_2(*block) for block in blocks]).mean().sqrt())


@dataclass(frozen=True)
class SlicedWasserstein(ImageMetric):
    """``swd``, lower is better, in grey levels: images that are all brighter by 5 score about 5.

    (Exactly 5 on average over directions.) By default of 10,000 samples and as many random real images.
    """

    name: ClassVar[str] = "swd"
    min_samples: ClassVar[int] = 100  # with fewer, the score is mostly noise

    directions: int = DIRECTIONS
    seed: int = 0

    def begin(self, reference: Dataset) -> SlicedMeasurement:
        """Project images of the reference. Raises UserError if it has too few."""
        if reference.info.size < self.min_samples:
            raise UserError(
                f"metric '{self.name}' needs a reference of at least {self.min_samples:,} items, "
                f"and '{reference.info.name}' has {reference.info.size:,}; use a larger set"
            )
        real = self.create_collector(reference)
        for images in reference_batches(reference):
            real.add(images)
        return SlicedMeasurement(self, reference, real.projections())

    def create_collector(self, reference: Dataset) -> ProjectionCollector:
        """Return an empty collector for images of the reference's shape."""
        return ProjectionCollector(reference.info.shape, self.directions, self.seed)


class SlicedMeasurement:
    """The projections of the samples so far, and those of the reference."""

    def __init__(self, metric: SlicedWasserstein, reference: Dataset, real: Tensor) -> None:
        self._metric, self._dataset, self._real = metric, reference, real
        self._samples = metric.create_collector(reference)

    def add(self, batch: SampleBatch) -> None:
        """Add a batch of images."""
        self._samples.add(batch.samples)

    def score(self) -> Score:
        """Return the distance of all samples so far, and that between two halves of the real images."""
        samples, metric = self._samples.projections(), self._metric
        real = self._real[: len(samples)]
        half = len(self._real) // 2
        return Score(
            name=metric.name,
            value=sliced_wasserstein(samples, real),
            better=metric.better,
            details={
                "real_against_real": sliced_wasserstein(self._real[:half], self._real[half:]),
                "real_against_real_samples": half,
            },
            measured={
                "samples": len(samples),
                "reference": reference_record(self._dataset, len(real)),
                "directions": metric.directions,
                "seed": metric.seed,
                "order": 2,
                "versions": versions("ganbench", "torch"),
            },
        )
