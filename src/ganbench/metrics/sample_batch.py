"""A chunk of samples whose features are worked out once, however many metrics ask for them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar

from torch import Tensor

from ganbench.metrics.extractors.base import Classifying, FeatureExtractor

T = TypeVar("T")


class Labelled(NamedTuple):
    """Samples, as metrics take them, and the class number of each, int64 ``[B]``."""

    samples: Tensor
    labels: Tensor


class Shared:
    """What the metrics of one pass over the samples work out together, each thing once."""

    def __init__(self) -> None:
        self._done: dict[Hashable, Any] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._done

    def once(self, key: Hashable, work: Callable[[], T]) -> T:
        """Return what ``work`` returned the first time that this key was asked for."""
        if key not in self._done:
            self._done[key] = work()
        found: T = self._done[key]
        return found


class Chunk:
    """Some samples (uint8 ``[B, C, H, W]`` or float ``[B, D]``), their labels if any, and their features on demand.

    ``shared`` is the same for all chunks of one pass.
    """

    def __init__(self, samples: Tensor, labels: Tensor | None = None, shared: Shared | None = None) -> None:
        self.samples, self.labels = samples, labels
        self.shared = Shared() if shared is None else shared
        self._own = Shared()

    def __len__(self) -> int:
        return len(self.samples)

    def features(self, extractor: FeatureExtractor) -> Tensor:
        """Return float32 ``[B, dims]``; extractors of the same name and weights are one and the same."""
        return self._own.once(("features", *identity(extractor)), lambda: extractor(self.samples))

    def logits(self, extractor: Classifying) -> Tensor:
        """Return the logits ``[B, classes]``, from the features where the extractor's logits are made of them."""

        def work() -> Tensor:
            head: Callable[[Tensor], Tensor] | None = getattr(extractor, "logits_from_features", None)
            return extractor.logits(self.samples) if head is None else head(self.features(extractor))

        return self._own.once(("logits", *identity(extractor)), work)


def identity(extractor: FeatureExtractor) -> tuple[str, str]:
    """Return what makes an extractor the same as another: its name and its weights."""
    return extractor.name, extractor.weights_sha256
