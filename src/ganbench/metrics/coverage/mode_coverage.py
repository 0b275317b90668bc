"""How many modes of a known mixture the samples reach.

Srivastava et al., "VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning" (2017),
arXiv:1705.07761; Lin et al., "PacGAN: The power of two samples in generative adversarial networks" (2017),
arXiv:1712.04086.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.base import Metric
from ganbench.metrics.intervals import RESAMPLES, of_share
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.sample_batch import Chunk
from ganbench.metrics.score import Better, Kind, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

REACH = 3.0  # standard deviations within which a sample is of high quality
SAMPLES = 2500  # as in VEEGAN


@dataclass(frozen=True, kw_only=True)
class ModeCoverage:
    """How samples spread over the modes; ``counts`` holds each mode's number of high-quality samples.

    A sample is of high quality if its Euclidean distance to the nearest centre is at most 3 of that mode's
    standard deviations. Of a true mixture in 2 dimensions, 1 - exp(-4.5) = 98.9 % are; ``expected_share`` is
    that number for these dimensions.
    """

    samples: int
    counts: tuple[int, ...]
    expected_share: float
    not_finite: int = 0

    @property
    def modes(self) -> int:
        """How many modes there are."""
        return len(self.counts)

    @property
    def captured(self) -> int:
        """Modes with at least one high-quality sample: what VEEGAN and PacGAN count."""
        return sum(count > 0 for count in self.counts)

    @property
    def captured_tenth(self) -> int:
        """Modes with at least a tenth of the high-quality samples that a true mixture would give them."""
        expected = self.samples * self.expected_share / self.modes
        return sum(count >= expected / 10 for count in self.counts)

    @property
    def high_quality(self) -> float:
        """The share of samples, in 0..1, that are of high quality."""
        return sum(self.counts) / self.samples

    @property
    def divergence(self) -> float | None:
        """KL(histogram of high-quality samples over modes || uniform) in nats; None if there are none."""
        total = sum(self.counts)
        if total == 0:
            return None
        shares = [count / total for count in self.counts if count > 0]
        return max(0.0, math.log(self.modes) + sum(share * math.log(share) for share in shares))

    def resampled(self) -> list[int]:
        """Return between what numbers 95 % of resamples of these samples capture; they lose modes and find none."""
        rest = self.samples - sum(self.counts)
        shares = np.array([*self.counts, rest], np.float64) / self.samples
        drawn = np.random.default_rng(0).multinomial(self.samples, shares, size=RESAMPLES)
        captured = (drawn[:, :-1] > 0).sum(1)
        return [int(x) for x in np.quantile(captured, [0.025, 0.975], method="nearest")]


def mode_coverage(samples: Tensor, centres: Tensor, std: float | Tensor) -> ModeCoverage:
    """Count samples ``[N, D]`` by the nearest of the centres ``[K, D]`` of round Gaussians.

    ``std`` is their standard deviation along each axis, one for all or one each (``[K]``). Samples that are
    not finite are never of high quality. Raises ValueError for other shapes, no samples, or ``std <= 0``.
    """
    if samples.ndim != 2 or len(samples) == 0:
        raise ValueError(f"samples must be [N, D] with N > 0, not {list(samples.shape)}")
    counts, not_finite = _count(samples, centres, std)
    return ModeCoverage(
        samples=len(samples),
        counts=tuple(counts.tolist()),
        expected_share=expected_share(centres.shape[1]),
        not_finite=not_finite,
    )


def expected_share(dims: int) -> float:
    """Return how much of a Gaussian is within 3 standard deviations: 0.997 in 1-D, 0.989 in 2-D."""
    half = torch.tensor([dims / 2, REACH**2 / 2], dtype=torch.float64)
    return float(torch.special.gammainc(half[0], half[1]))


def _count(samples: Tensor, centres: Tensor, std: float | Tensor) -> tuple[Tensor, int]:
    """Return the number of high-quality samples of each mode, int64 ``[K]``, and of those not finite."""
    if centres.ndim != 2 or len(centres) == 0 or samples.ndim != 2 or samples.shape[1] != centres.shape[1]:
        raise ValueError(
            f"samples {list(samples.shape)} and centres {list(centres.shape)} must be [N, D] and [K, D]"
        )
    stds = torch.as_tensor(std, dtype=torch.float64, device="cpu").reshape(-1)
    if len(stds) not in (1, len(centres)) or not bool((stds > 0).all()):
        raise ValueError(
            f"std must be one positive number, or one for each of {len(centres)} modes, not {std}"
        )
    stds = stds.expand(len(centres))
    points = samples.detach().to("cpu", torch.float64)
    finite = points.isfinite().all(1)
    exact = "donot_use_mm_for_euclid_dist"
    distances = torch.cdist(points[finite], centres.to("cpu", torch.float64), compute_mode=exact)
    distance, mode = distances.min(1)
    counts = torch.bincount(mode[distance <= REACH * stds[mode]], minlength=len(centres))
    return counts, int((~finite).sum())


@dataclass(frozen=True)
class Modes(Metric):
    """``modes``: the number of modes captured, higher is better; usually measured on 2,500 samples.

    The reference must know its mixture: attributes ``modes`` ``[K, D]``, and ``stds`` ``[K]`` or one ``std``,
    in data coordinates.
    """

    @property
    def name(self) -> str:
        """The name says all: nothing about it can be chosen."""
        return "modes"

    @property
    def better(self) -> Better:
        """Higher is better."""
        return "higher"

    @property
    def kind(self) -> Kind:
        """It judges points."""
        return "points"

    @property
    def min_samples(self) -> int:
        """Ten for each of 25 modes; more are asked for where there are more modes."""
        return 250

    @property
    def default_samples(self) -> int:
        """VEEGAN's number."""
        return SAMPLES

    def begin(self, reference: Dataset) -> ModesMeasurement:
        """Take over the mixture that the reference knows."""
        centres = getattr(reference, "modes", None)
        std = getattr(reference, "stds", getattr(reference, "std", None))
        if not isinstance(centres, Tensor) or not isinstance(std, float | Tensor):
            raise UserError(
                "metric 'modes' needs a reference that knows its modes, "
                f"and '{reference.info.name}' does not; use a mixture of Gaussians"
            )
        return ModesMeasurement(reference, centres, std)


class ModesMeasurement:
    """The running counts of high-quality samples, mode by mode."""

    def __init__(self, reference: Dataset, centres: Tensor, std: float | Tensor) -> None:
        self._reference = reference
        self._centres = centres
        self._stds = torch.as_tensor(std, dtype=torch.float64).reshape(-1)
        self._counts = torch.zeros(len(centres), dtype=torch.int64)
        self._samples = 0
        self._not_finite = 0

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of points."""
        counts, not_finite = _count(chunk.samples, self._centres, self._stds)
        self._counts += counts
        self._samples += len(chunk)
        self._not_finite += not_finite

    def score(self) -> Score:
        """Return the number of modes captured so far, with the other numbers as details."""
        modes, dims = self._centres.shape
        if self._samples < 10 * modes:
            raise UserError(
                f"metric 'modes' needs at least 10 samples a mode, {10 * modes:,} for "
                f"'{self._reference.info.name}', not {self._samples:,}"
            )
        coverage = ModeCoverage(
            samples=self._samples,
            counts=tuple(self._counts.tolist()),
            expected_share=expected_share(dims),
            not_finite=self._not_finite,
        )
        return Score(
            name="modes",
            value=float(coverage.captured),
            better="higher",
            details={
                "modes": coverage.modes,
                "captured_tenth": coverage.captured_tenth,
                "high_quality": coverage.high_quality,
                "high_quality_interval_95": of_share(sum(coverage.counts), self._samples),
                "expected_high_quality": coverage.expected_share,
                "captured_by_resamples_95": coverage.resampled(),
                "kl_to_uniform_nats": coverage.divergence,
                "counts": list(coverage.counts),
                "not_finite": coverage.not_finite,
            },
            measured={
                "samples": self._samples,
                "reference": {
                    **reference_record(self._reference, self._reference.info.size),
                    "std": sorted(set(self._stds.tolist())),
                },
                "high_quality_within_std": REACH,
                "versions": versions("ganbench", "torch"),
            },
        )
