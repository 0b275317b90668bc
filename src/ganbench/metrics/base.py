"""What a metric is, and what it returns: a score that says how it was measured."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

from ganbench.metrics.score import Better, Kind, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset
    from ganbench.metrics.sample_batch import Chunk


class Measurement(Protocol):
    """A metric at work: it is given the samples chunk by chunk and then tells the score."""

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of samples."""

    def score(self) -> Score:
        """Return the score of all samples so far. Raises UserError if they are too few."""


class Metric(Protocol):
    """A way to judge samples against a reference data set; :func:`ganbench.metrics.measure.measure` runs it."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The score's name, with its features: in other features it is another score."""

    @property
    @abstractmethod
    def better(self) -> Better:
        """Which way is better."""

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """What it judges: pictures or points."""

    @property
    @abstractmethod
    def min_samples(self) -> int:
        """The fewest samples it accepts."""

    @property
    @abstractmethod
    def default_samples(self) -> int:
        """How many samples it is measured on when nobody says otherwise."""

    @abstractmethod
    def begin(self, reference: Dataset) -> Measurement:
        """Prepare the reference's side; return an empty measurement. Raises UserError if it cannot serve."""
