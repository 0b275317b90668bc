"""Count the modes of a known mixture that the samples cover.

Srivastava et al., "VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning" (2017),
arXiv:1705.07761; Lin et al., "PacGAN: The power of two samples in generative adversarial networks" (2017),
arXiv:1712.04086.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.base import Metric
from ganbench.metrics.intervals import RESAMPLES, wilson_interval
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import Better, Kind, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

MAX_STDS = 3.0  # a high-quality sample is within this many standard deviations of its mode
MIN_SAMPLES_PER_MODE = 10


@dataclass(frozen=True, kw_only=True)
class ModeCoverage:
    """How samples spread over the modes of a mixture.

    A sample is of high quality if its Euclidean distance to the nearest centre is at most 3 standard deviations of
    that mode.

    Attributes:
        samples: The number of samples.
        counts: The number of high-quality samples of each mode.
        expected_share: The share of high-quality samples that the true mixture has in these dimensions: in 2
            dimensions 1 - exp(-4.5) = 98.9 %.
        not_finite: The number of samples that are not finite.
    """

    samples: int
    counts: tuple[int, ...]
    expected_share: float
    not_finite: int = 0

    @property
    def modes(self) -> int:
        """The number of modes."""
        return len(self.counts)

    @property
    def captured(self) -> int:
        """The number of modes with at least one high-quality sample, as in VEEGAN and PacGAN."""
        return sum(count > 0 for count in self.counts)

    @property
    def captured_tenth(self) -> int:
        """The number of modes with at least a tenth of the high-quality samples expected of the true mixture."""
        expected = self.samples * self.expected_share / self.modes
        return sum(count >= expected / 10 for count in self.counts)

    @property
    def high_quality(self) -> float:
        """The share of high-quality samples, in [0, 1]."""
        return sum(self.counts) / self.samples

    @property
    def divergence(self) -> float | None:
        """KL(histogram of high-quality samples over modes || uniform) in nats; None without such samples."""
        total = sum(self.counts)
        if total == 0:
            return None
        shares = [count / total for count in self.counts if count > 0]
        return max(0.0, math.log(self.modes) + sum(share * math.log(share) for share in shares))

    def captured_interval(self) -> list[int]:
        """Return the 95 % bootstrap interval of ``captured``. Resamples can only lose modes, never find any."""
        rest = self.samples - sum(self.counts)
        shares = np.array([*self.counts, rest], np.float64) / self.samples
        resamples = np.random.default_rng(0).multinomial(self.samples, shares, size=RESAMPLES)
        captured = (resamples[:, :-1] > 0).sum(1)
        return [int(x) for x in np.quantile(captured, [0.025, 0.975], method="nearest")]


def mode_coverage(samples: Tensor, centres: Tensor, std: float | Tensor) -> ModeCoverage:
    """Assign samples to the nearest centre of a mixture of isotropic Gaussians and count them.

    Args:
        samples: ``[N, D]``; samples that are not finite are never of high quality.
        centres: ``[K, D]``.
        std: The standard deviation along each axis, one for all modes or ``[K]``.

    Raises:
        ValueError: A shape is wrong, there are no samples, or a standard deviation is not positive.
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
    """Return the share of a Gaussian within 3 standard deviations: 0.997 in 1-D, 0.989 in 2-D."""
    half_dims, half_radius = torch.tensor([dims / 2, MAX_STDS**2 / 2], dtype=torch.float64)
    return float(torch.special.gammainc(half_dims, half_radius))


def _count(samples: Tensor, centres: Tensor, std: float | Tensor) -> tuple[Tensor, int]:
    """Return the number of high-quality samples of each mode, int64 ``[K]``, and of samples that are not finite."""
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
    counts = torch.bincount(mode[distance <= MAX_STDS * stds[mode]], minlength=len(centres))
    return counts, int((~finite).sum())


@dataclass(frozen=True)
class Modes(Metric):
    """``modes``: the number of captured modes of a mixture; higher is better.

    The reference must provide its mixture, in data coordinates: attributes ``modes`` ``[K, D]``, and ``stds`` ``[K]``
    or one ``std``. At least 10 samples per mode are needed.
    """

    name: ClassVar[str] = "modes"
    better: ClassVar[Better] = "higher"
    kind: ClassVar[Kind] = "points"
    min_samples: ClassVar[int] = 250  # for 25 modes; score() demands more for more modes
    default_samples: ClassVar[int] = 2500  # as in VEEGAN

    def begin(self, reference: Dataset) -> ModesMeasurement:
        """Return an empty measurement. Raises UserError if the reference does not provide a mixture."""
        centres = getattr(reference, "modes", None)
        std = getattr(reference, "stds", getattr(reference, "std", None))
        if not isinstance(centres, Tensor) or not isinstance(std, float | Tensor):
            raise UserError(
                "metric 'modes' needs a reference with known modes, "
                f"and '{reference.info.name}' has none; use a mixture of Gaussians"
            )
        return ModesMeasurement(reference, centres, std)


class ModesMeasurement:
    """Accumulates the number of high-quality samples of each mode."""

    def __init__(self, reference: Dataset, centres: Tensor, std: float | Tensor) -> None:
        self._reference = reference
        self._centres = centres
        self._stds = torch.as_tensor(std, dtype=torch.float64).reshape(-1)
        self._counts = torch.zeros(len(centres), dtype=torch.int64)
        self._samples = 0
        self._not_finite = 0

    def add(self, batch: SampleBatch) -> None:
        """Count one batch of points."""
        counts, not_finite = _count(batch.samples, self._centres, self._stds)
        self._counts += counts
        self._samples += len(batch)
        self._not_finite += not_finite

    def score(self) -> Score:
        """Return the number of captured modes. Raises UserError for fewer than 10 samples per mode."""
        modes, dims = self._centres.shape
        min_samples = MIN_SAMPLES_PER_MODE * modes
        if self._samples < min_samples:
            raise UserError(
                f"metric 'modes' needs at least {MIN_SAMPLES_PER_MODE} samples per mode, {min_samples:,} for "
                f"'{self._reference.info.name}', not {self._samples:,}"
            )
        coverage = ModeCoverage(
            samples=self._samples,
            counts=tuple(self._counts.tolist()),
            expected_share=expected_share(dims),
            not_finite=self._not_finite,
        )
        return Score(
            name=Modes.name,
            value=float(coverage.captured),
            better=Modes.better,
            details={
                "modes": coverage.modes,
                "captured_tenth": coverage.captured_tenth,
                "high_quality": coverage.high_quality,
                "high_quality_interval_95": wilson_interval(coverage.high_quality, self._samples),
                "expected_high_quality": coverage.expected_share,
                "captured_by_resamples_95": coverage.captured_interval(),
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
                "high_quality_within_std": MAX_STDS,
                "versions": versions("ganbench", "torch"),
            },
        )
