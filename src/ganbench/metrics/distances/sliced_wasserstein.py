"""The sliced Wasserstein distance of pixels: no network, only projections of the pictures onto random directions.

Rabin et al., "Wasserstein Barycenter and its Application to Texture Mixing" (2011); Deshpande, Zhang and
Schwing, "Generative Modeling using the Sliced Wasserstein Distance" (2018), arXiv:1803.11188.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.features.reference import sample_of
from ganbench.metrics.image_metric import PictureMetric
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.sample_batch import Chunk
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
    first, second = a.double().sort(0).values, b.double().sort(0).values
    n, m = len(a), len(b)
    steps = torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]).sort().values
    widths = steps.diff(prepend=steps.new_zeros(1)).double() / (n * m)
    gaps = first[(steps - 1) // m] - second[(steps - 1) // n]
    squared: Tensor = (gaps.square() * widths[:, None]).sum(0)
    return squared


class Projected:
    """Pictures, as numbers in 0..255 along ``P`` directions of unit length, all that is kept of them."""

    def __init__(self, shape: Sequence[int], directions: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        matrix = torch.randn(math.prod(shape), directions, generator=generator)
        self._directions = matrix / matrix.norm(dim=0)
        self._parts: list[Tensor] = []

    def add(self, pictures: Tensor) -> None:
        """Take in uint8 ``[B, C, H, W]``."""
        self._parts.append(pictures.flatten(1).float() @ self._directions)

    def merge(self, other: Projected) -> None:
        """Take in all that another one, of the same directions, has seen."""
        self._parts += other._parts

    def numbers(self) -> Tensor:
        """Return float32 ``[N, P]``."""
        return torch.cat(self._parts)


def sliced_distance(a: Tensor, b: Tensor) -> float:
    """Return the root of the mean over directions of the squared distance; see :func:`wasserstein_2`."""
    blocks = zip(torch.split(a, 64, 1), torch.split(b, 64, 1), strict=True)  # a bound on the memory
    return float(torch.cat([wasserstein_2(*block) for block in blocks]).mean().sqrt())


@dataclass(frozen=True)
class SlicedWasserstein(PictureMetric):
    """``swd``, lower is better, in grey levels: pictures that are all brighter by 5 are at about 5 from the data.

    (Exactly so on the average over directions.) Measured on 10,000 samples and as many random real pictures.
    """

    directions: int = DIRECTIONS
    seed: int = 0

    @property
    def name(self) -> str:
        """There are no features in it."""
        return "swd"

    @property
    def min_samples(self) -> int:
        """Below that, chance is most of the score."""
        return 100

    def begin(self, reference: Dataset) -> SlicedMeasurement:
        """Project some of the reference's pictures. Raises UserError if it has too few."""
        if reference.info.size < self.min_samples:
            raise UserError(
                f"metric '{self.name}' needs a reference of at least {self.min_samples:,} items, "
                f"and '{reference.info.name}' has {reference.info.size:,}; use a larger set"
            )
        real = self.projected(reference)
        for pictures in sample_of(reference):
            real.add(pictures)
        return SlicedMeasurement(self, reference, real.numbers())

    def projected(self, reference: Dataset) -> Projected:
        """Return an empty collection for such pictures."""
        return Projected(reference.info.shape, self.directions, self.seed)


class SlicedMeasurement:
    """The samples' projections so far, next to the reference's."""

    def __init__(self, metric: SlicedWasserstein, reference: Dataset, real: Tensor) -> None:
        self._metric, self._dataset, self._real = metric, reference, real
        self._samples = metric.projected(reference)

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures."""
        self._samples.add(chunk.samples)

    def score(self) -> Score:
        """Return the distance of all pictures so far, beside that of one half of the real ones to the other."""
        samples, metric = self._samples.numbers(), self._metric
        real = self._real[: len(samples)]
        half = len(self._real) // 2
        return Score(
            name=metric.name,
            value=sliced_distance(samples, real),
            better=metric.better,
            details={
                "real_against_real": sliced_distance(self._real[:half], self._real[half:]),
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
