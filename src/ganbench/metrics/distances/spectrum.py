"""The distance of radial power spectra: whether the pictures have as much detail of each size as the data, no network.

Durall, Keuper and Keuper, "Watch your Up-Convolution: CNN Based Generative Deep Neural Networks are Failing to
Reproduce Spectral Distributions" (2020), arXiv:2003.01826.
"""

from __future__ import annotations

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

ROUNDING = 1 / 12  # the power that rounding to whole grey levels has at every frequency


class RunningSpectrum:
    """The mean power of pictures ``shape`` at each radius in the plane of frequencies, summed picture by picture.

    A radius is a number of periods across the shorter side, from 1 to half of its pixels. Power is per pixel, in
    grey levels squared: white noise has its variance everywhere.
    """

    def __init__(self, shape: Sequence[int]) -> None:
        height, width = shape[-2:]
        short = min(height, width)
        down = torch.fft.fftfreq(height, dtype=torch.float64) * short
        right = torch.fft.rfftfreq(width, dtype=torch.float64) * short
        radius = (down[:, None].square() + right.square()).sqrt().round().long()
        self._ring = radius.clamp(max=short // 2 + 1).flatten()
        twice = torch.full(
            (width // 2 + 1,), 2.0, dtype=torch.float64
        )  # the half that is left out is the same
        twice[0] = 1
        if width % 2 == 0:
            twice[-1] = 1
        self._weight = twice.expand(height, -1).flatten()
        self._rings = short // 2
        self._sum = torch.zeros(self._rings, dtype=torch.float64)
        self.count = 0

    def add(self, pictures: Tensor) -> None:
        """Take in uint8 ``[B, C, H, W]``; the power of the channels is averaged."""
        pixels = pictures.shape[-2] * pictures.shape[-1]
        power = torch.fft.rfft2(pictures.float()).abs().square().double().mean(1).sum(0).flatten() / pixels
        sums, weights = (
            torch.zeros(self._rings + 2, dtype=torch.float64).index_add_(0, self._ring, values)
            for values in (power * self._weight, self._weight)
        )
        self._sum += (sums / weights.clamp(min=1))[1:-1]
        self.count += len(pictures)

    def merge(self, other: RunningSpectrum) -> None:
        """Take in all that another one has seen. Raises ValueError if it has other radii."""
        if other._rings != self._rings:
            raise ValueError(f"cannot merge spectra of {other._rings} and {self._rings} radii")
        self._sum += other._sum
        self.count += other.count

    def decibels(self) -> Tensor:
        """Return 10 log10 of the mean power at radius 1, 2, ..., float64 ``[R]``, no lower than rounding's."""
        if self.count == 0:
            raise ValueError("a spectrum needs at least one picture")
        return 10 * (self._sum / self.count + ROUNDING).log10()


def spectrum_distance(a: RunningSpectrum, b: RunningSpectrum) -> float:
    """Return the root of the mean over radii of the squared difference, in decibels."""
    return float((a.decibels() - b.decibels()).square().mean().sqrt())


@dataclass(frozen=True)
class SpectrumDistance(PictureMetric):
    """``spectrum``, lower is better, in decibels; of 10,000 samples and of 10,000 random real pictures.

    The details hold the differences radius by radius: above 0 the samples have more of that detail than the data.
    """

    @property
    def name(self) -> str:
        """There are no features in it."""
        return "spectrum"

    @property
    def min_samples(self) -> int:
        """A mean over fewer says little."""
        return 100

    def begin(self, reference: Dataset) -> SpectrumMeasurement:
        """Have the mean spectrum of some of the reference's pictures. Raises UserError for pictures of one pixel."""
        shape = reference.info.shape
        if min(shape[-2:]) < 4:
            raise UserError(f"metric 'spectrum' needs pictures of at least 4x4 pixels, not {list(shape)}")
        halves = RunningSpectrum(shape), RunningSpectrum(shape)
        for number, pictures in enumerate(sample_of(reference)):
            halves[number % 2].add(pictures)
        return SpectrumMeasurement(self, reference, halves)


class SpectrumMeasurement:
    """The samples' mean spectrum so far, next to the reference's, which is in two halves."""

    def __init__(
        self, metric: SpectrumDistance, reference: Dataset, halves: tuple[RunningSpectrum, RunningSpectrum]
    ) -> None:
        self._metric, self._dataset = metric, reference
        self._floor = spectrum_distance(*halves) if halves[1].count > 0 else None
        self._real = RunningSpectrum(reference.info.shape)
        for half in halves:
            self._real.merge(half)
        self._samples = RunningSpectrum(reference.info.shape)

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures."""
        self._samples.add(chunk.samples)

    def score(self) -> Score:
        """Return the distance of all pictures so far, beside that of one half of the real ones to the other."""
        differences = self._samples.decibels() - self._real.decibels()
        return Score(
            name=self._metric.name,
            value=spectrum_distance(self._samples, self._real),
            better=self._metric.better,
            details={
                "real_against_real": self._floor,
                "differences_db": [round(x, 4) for x in differences.tolist()],
            },
            measured={
                "samples": self._samples.count,
                "reference": reference_record(self._dataset, self._real.count),
                "scale": "10 log10 of the power by radius, with rounding's 1/12; channels averaged",
                "versions": versions("ganbench", "torch"),
            },
        )
