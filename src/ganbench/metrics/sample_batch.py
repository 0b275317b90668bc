"""Batches of samples whose features and logits are computed once, however many metrics use them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar

from torch import Tensor

from ganbench.metrics.extractors.base import (
    ClassifierExtractor,
    FeatureExtractor,
    extract,
    require_finite,
)

T = TypeVar("T")


class LabelledSamples(NamedTuple):
    """A batch of samples and their class labels, int64 ``[B]``."""

    samples: Tensor
    labels: Tensor


class ResultCache:
    """Results by key; each is computed once."""

    def __init__(self) -> None:
        self._results: dict[Hashable, Any] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._results

    def get_or_compute(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return the stored result of ``key``; on the first call, compute and store it."""
        if key not in self._results:
            self._results[key] = compute()
        result: T = self._results[key]
        return result


class SampleBatch:
    """A batch of samples, its labels if any, and its features and logits on demand.

    Args:
        samples: uint8 ``[B, C, H, W]`` or float ``[B, D]``.
        labels: Class labels, int64 ``[B]``.
        shared_cache: The cache that all batches of one pass share.
    """

    def __init__(
        self, samples: Tensor, labels: Tensor | None = None, shared_cache: ResultCache | None = None
    ) -> None:
        self.samples, self.labels = samples, labels
        self.shared_cache = ResultCache() if shared_cache is None else shared_cache
        self._cache = ResultCache()

    def __len__(self) -> int:
        return len(self.samples)

    def features(self, extractor: FeatureExtractor) -> Tensor:
        """Return the features, float32 ``[B, dims]``, computed once per :func:`extractor_key`.

        Raises:
            UserError: some are NaN or infinite.
        """
        key = ("features", *extractor_key(extractor))
        return self._cache.get_or_compute(key, lambda: extract(extractor, self.samples))

    def logits(self, extractor: ClassifierExtractor) -> Tensor:
        """Return the logits ``[B, classes]``, computed from the features where the extractor can do so."""

        def compute() -> Tensor:
            head: Callable[[Tensor], Tensor] | None = getattr(extractor, "logits_from_features", None)
            logits = extractor.logits(self.samples) if head is None else head(self.features(extractor))
            return require_finite(logits, f"logits '{extractor.name}'")

        return self._cache.get_or_compute(("logits", *extractor_key(extractor)), compute)


def extractor_key(extractor: FeatureExtractor) -> tuple[str, str]:
    """Return an extractor's name and weights: extractors with equal keys return equal features."""
    return extractor.name, extractor.weights_sha256
