"""A chunk of samples whose features are worked out once, however many metrics ask for them."""

from __future__ import annotations

from torch import Tensor

from ganbench.metrics.extractors.base import FeatureExtractor


class Chunk:
    """Some samples (uint8 ``[B, C, H, W]`` or float ``[B, D]``) and, on demand, their features."""

    def __init__(self, samples: Tensor) -> None:
        self.samples = samples
        self._features: dict[tuple[str, str], Tensor] = {}

    def __len__(self) -> int:
        return len(self.samples)

    def features(self, extractor: FeatureExtractor) -> Tensor:
        """Return float32 ``[B, dims]``; extractors of the same name and weights are one and the same."""
        key = (extractor.name, extractor.weights_sha256)
        if key not in self._features:
            self._features[key] = extractor(self.samples)
        return self._features[key]
