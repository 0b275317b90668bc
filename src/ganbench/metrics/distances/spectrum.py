"""The distance of radial power spectra: whether images have as much detail at each scale as the data; no network.

Durall, Keuper and Keuper, "Watch your Up-Convolution: CNN Based Generative Deep Neural Networks are Failing to
Reproduce Spectral Distributions" (2020), arXiv:2003.01826.
"""

from __future__ import annotations

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

ROUNDING_POWER = 1 / 12  # the power, at every frequency, of rounding to whole grey levels


class RunningSpectrum:
    """The running mean power of images of ``shape`` at each radius in the frequency plane.

    A radius is a number of periods across the shorter side, from 1 to half of its pixels. Power is per pixel, in
    grey levels squared: white noise has its variance at every radius.
    """

    def __init__(self, shape: Sequence[int]) -> None:
        height, width = shape[-2:]
        short = min(height, width)
        vertical = torch.fft.fftfreq(height, dtype=torch.float64) * short
        horizontal = torch.fft.rfftfreq(width, dtype=torch.float64) * short
        radius = (vertical[:, None].square() + horizontal.square()).sqrt().round().long()
        self._radius = radius.clamp(max=short // 2 + 1).flatten()
        # rfft2 returns half of the plane; the other half is its mirror image, so most columns count twice.
        multiplicity = torch.full((width // 2 + 1,), 2.0, dtype=torch.float64)
        multiplicity[0] = 1
        if width % 2 == 0:
            multiplicity[-1] = 1
        self._weight = multiplicity.expand(height, -1).flatten()
        self._radii = short // 2
        self._sum = torch.zeros(self._radii, dtype=torch.float64)
        self.count = 0

    def add(self, images: Tensor) -> None:
        """Add a batch, uint8 ``[B, C, H, W]``; the power is averaged over the channels."""
        pixels = images.shape[-2] * images.shape[-1]
        power = torch.fft.rfft2(images.float()).abs().square().double().mean(1).sum(0).flatten() / pixels
        sums, weights = (
            torch.zeros(self._radii + 2, dtype=torch.float64).index_add_(0, self._radius, values)
            for values in (power * self._weight, self._weight)
        )
        self._sum += (sums / weights.clamp(min=1))[1:-1]
        self.count += len(images)

    def merge(self, other: RunningSpectrum) -> None:
        """Add all images that another spectrum has seen. Raises ValueError if it has other radii."""
        if other._radii != self._radii:
            raise ValueError(f"cannot merge spectra of {other._radii} and {self._radii} radii")
        self._sum += other._sum
        self.count += other.count

    def decibels(self) -> Tensor:
        """Return 10 log10 of the mean power plus that of rounding, at radius 1, 2, ..., float64 ``[R]``."""
        if self.count == 0:
            raise ValueError("a spectrum needs at least one image")
        return 10 * (self._sum / self.count + ROUNDING_POWER).log10()


def spectrum_distance(a: RunningSpectrum, b: RunningSpectrum) -> float:
    """Return the root of the mean over radii of the squared difference, in decibels."""
    return float((a.decibels() - b.decibels()).square().mean().sqrt())


@dataclass(frozen=True)
class SpectrumDistance(ImageMetric):
    """``spectrum``, lower is better, in decibels: by default of 10,000 samples and 10,000 random real images.

    The details hold the differences radius by radius: above 0, the samples have more detail at that scale than the
    data.
    """

    name: ClassVar[str] = "spectrum"
    min_samples: ClassVar[int] = 100  # a mean over fewer is too noisy

    def begin(self, reference: Dataset) -> SpectrumMeasurement:
        """Compute the mean spectrum of the reference. Raises UserError for images below 4x4 pixels."""
        shape = reference.info.shape
        if min(shape[-2:]) < 4:
            raise UserError(f"metric 'spectrum' needs images of at least 4x4 pixels, not {list(shape)}")
        halves = RunningSpectrum(shape), RunningSpectrum(shape)
        for number, images in enumerate(reference_batches(reference)):
            halves[number % 2].add(images)
        return SpectrumMeasurement(self, reference, halves)


class SpectrumMeasurement:
    """The mean spectrum of the samples so far, and that of the reference, as two halves."""

    def __init__(
        self, metric: SpectrumDistance, reference: Dataset, halves: tuple[RunningSpectrum, RunningSpectrum]
    ) -> None:
        self._metric, self._dataset = metric, reference
        self._noise_floor = spectrum_distance(*halves) if halves[1].count > 0 else None
        self._real = RunningSpectrum(reference.info.shape)
        for half in halves:
            self._real.merge(half)
        self._samples = RunningSpectrum(reference.info.shape)

    def add(self, batch: SampleBatch) -> None:
        """Add a batch of images."""
        self._samples.add(batch.samples)

    def score(self) -> Score:
        """Return the distance of all samples so far, and that between two halves of the real images."""
        differences = self._samples.decibels() - self._real.decibels()
        return Score(
            name=self._metric.name,
            value=spectrum_distance(self._samples, self._real),
            better=self._metric.better,
            details={
                "real_against_real": self._noise_floor,
                "differences_db": [round(x, 4) for x in differences.tolist()],
            },
            measured={
                "samples": self._samples.count,
                "reference": reference_record(self._dataset, self._real.count),
                "scale": "10 log10 of the power by radius, with rounding's 1/12; channels averaged",
                "versions": versions("ganbench", "torch"),
            },
        )
