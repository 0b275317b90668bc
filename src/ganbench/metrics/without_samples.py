"""What the metrics share that look at no samples: they judge features, or make samples of their own."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from ganbench.metrics.base import Measurement
from ganbench.metrics.chunk import Chunk
from ganbench.metrics.pictures import PictureMetric

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


class WithoutSamples(PictureMetric):
    """A metric that is given no samples, and needs none."""

    @property
    def minimum(self) -> int:
        """It needs no samples."""
        return 0

    @property
    def usual(self) -> int:
        """It needs no samples."""
        return 0

    @abstractmethod
    def begin(self, reference: Dataset) -> MeasurementWithoutSamples:
        """Prepare the measurement. Raises UserError if the reference cannot serve."""


class MeasurementWithoutSamples(Measurement):
    """A measurement that samples do not change: those of other metrics pass by."""

    def add(self, chunk: Chunk) -> None:
        """Pass over a chunk of samples."""
