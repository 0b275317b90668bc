"""Batches of samples whose features and logits are computed once, however many metrics use them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeAlias, TypeVar

from torch import Tensor

from ganbench.metrics.extractors.base import (
    ClassifierExtractor,
    FeatureExtractor,
    extract,
    require_finite,
)

T = TypeVar("T")

#: Applies a function to rows ``[N, ...]`` and returns its results ``[N, ...]``; processes may share the rows.
RowMap: TypeAlias = Callable[[Callable[[Tensor], Tensor], Tensor], Tensor]


def map_alone(fn: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """Apply the function to all rows in this process."""
    return fn(rows)


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
        map_rows: Computes features and logits row by row.
    """

    def __init__(
        self,
        samples: Tensor,
        labels: Tensor | None = None,
        shared_cache: ResultCache | None = None,
        map_rows: RowMap = map_alone,
    ) -> None:
        self.samples, self.labels, self._map_rows = samples, labels, map_rows
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
        return self._cache.get_or_compute(
            key, lambda: self._map_rows(lambda rows: extract(extractor, rows), self.samples)
        )

    def logits(self, extractor: ClassifierExtractor) -> Tensor:
        """Return the logits ``[B, classes]``, computed from the features where the extractor can do so."""

        what = f"logits '{extractor.name}'"

        def compute() -> Tensor:
            head: Callable[[Tensor], Tensor] | None = getattr(extractor, "logits_from_features", None)
            if head is not None:
                return require_finite(head(self.features(extractor)), what)
            return require_finite(self._map_rows(extractor.logits, self.samples), what)

        return self._cache.get_or_compute(("logits", *extractor_key(extractor)), compute)


def extractor_key(extractor: FeatureExtractor) -> tuple[str, str]:
    """Return an extractor's name and weights: extractors with equal keys return equal features."""
    return extractor.name, extractor.weights_sha256
