"""The protocols that every metric implements: :class:`Metric` and the :class:`Measurement` that it starts."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ganbench.metrics.score import Better, Kind, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset
    from ganbench.metrics.sample_batch import SampleBatch


class Measurement(Protocol):
    """One run of a metric: it accumulates batches of samples, then returns their score."""

    def add(self, batch: SampleBatch) -> None:
        """Accumulate one batch of samples."""

    def score(self) -> Score:
        """Return the score of all samples so far. Raises UserError if there are too few."""


@runtime_checkable
class Metric(Protocol):
    """A metric compares samples with a reference data set; :func:`ganbench.metrics.measure.measure` runs it.

    Subclasses set constant properties as class attributes, for example
    ``min_samples: ClassVar[int] = 100``, and override the others as properties.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The score's name. It includes the feature extractor: other features make another score."""

    @property
    @abstractmethod
    def better(self) -> Better:
        """Whether lower or higher is better."""

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """The kind of data it judges: images or points."""

    @property
    @abstractmethod
    def min_samples(self) -> int:
        """The smallest number of samples it accepts."""

    @property
    @abstractmethod
    def default_samples(self) -> int:
        """The number of samples if the user gives none."""

    @abstractmethod
    def begin(self, reference: Dataset) -> Measurement:
        """Prepare the reference and return an empty measurement. Raises UserError if the reference does not fit."""
