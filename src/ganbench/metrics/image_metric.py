"""What the metrics that judge pictures share: their kind, their usual count, and a collection of features."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

import torch
from torch import Tensor

from ganbench.metrics.base import Metric
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.sample_batch import Chunk, Shared, identity
from ganbench.metrics.score import Better, Kind

USUAL = 10_000


class PictureMetric(Metric, Protocol):
    """A metric of pictures, lower is better and 10,000 samples are usual unless it says otherwise."""

    @property
    def better(self) -> Better:
        """Lower is better."""
        return "lower"

    @property
    def kind(self) -> Kind:
        """It judges pictures."""
        return "image"

    @property
    @abstractmethod
    def min_samples(self) -> int:
        """The fewest samples it accepts."""

    @property
    def default_samples(self) -> int:
        """As many as make chance and bias small next to the differences between models."""
        return USUAL


class Rows:
    """The features of all samples of one pass, kept: 51 MB for 10,000 of 1,280 dimensions.

    Metrics of the same pass hold the same chunks and share one matrix of them.
    """

    def __init__(self, extractor: FeatureExtractor) -> None:
        self._extractor = extractor
        self._parts: list[Tensor] = []
        self.shared = Shared()

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def add(self, chunk: Chunk) -> None:
        """Take in the features of one chunk."""
        self._parts.append(chunk.features(self._extractor))
        self.shared = chunk.shared

    def matrix(self) -> Tensor:
        """Return float32 ``[N, dims]``, in the order of the samples."""
        key = ("rows", *identity(self._extractor), len(self))
        whole = self.shared.once(key, lambda: torch.cat(self._parts))
        self._parts = [whole]  # and not each number twice
        return whole

    @property
    def finite(self) -> bool:
        """Whether all features are finite numbers."""
        return all(bool(part.isfinite().all()) for part in self._parts)
