"""What image metrics share: defaults for the metric's properties, and a collector of features."""

from __future__ import annotations

from typing import ClassVar, Protocol

import torch
from torch import Tensor

from ganbench.metrics.base import Metric
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.sample_batch import ResultCache, SampleBatch, extractor_key
from ganbench.metrics.score import Better, Kind

DEFAULT_SAMPLES = 10_000


class ImageMetric(Metric, Protocol):
    """A metric of images. By default, lower is better and 10,000 samples are measured."""

    better: ClassVar[Better] = "lower"
    kind: ClassVar[Kind] = "image"

    # A property and not a ClassVar, since mypy lets subclasses override it with either.
    @property
    def default_samples(self) -> int:
        """Enough samples that noise and bias are small next to the differences between models."""
        return DEFAULT_SAMPLES


class FeatureCollector:
    """Collects the features of all samples of one pass: 51 MB for 10,000 samples of 1,280 dimensions.

    Metrics of the same pass see the same batches and share one feature matrix.
    """

    def __init__(self, extractor: FeatureExtractor) -> None:
        self._extractor = extractor
        self._batches: list[Tensor] = []
        self.shared_cache = ResultCache()

    def __len__(self) -> int:
        return sum(map(len, self._batches))

    def add(self, batch: SampleBatch) -> None:
        """Append the features of one batch."""
        self._batches.append(batch.features(self._extractor))
        self.shared_cache = batch.shared_cache

    def features(self) -> Tensor:
        """Return the features of all samples, float32 ``[N, dims]``, in the order of the samples."""
        key = ("rows", *extractor_key(self._extractor), len(self))
        features = self.shared_cache.get_or_compute(key, lambda: torch.cat(self._batches))
        self._batches = [features]  # frees the batches
        return features
