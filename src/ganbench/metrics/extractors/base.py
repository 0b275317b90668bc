"""What a feature extractor is: a fixed network that turns pictures into vectors, and says which one it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor

from ganbench.metrics.base import JSON


class FeatureExtractor(Protocol):
    """Pictures in, vectors out. Equal ``name`` and ``weights_sha256`` mean equal features."""

    @property
    def name(self) -> str:
        """The network and the resolution it sees, such as ``efficientnet-lite0@96``."""

    @property
    def dims(self) -> int:
        """The length of a feature vector."""

    @property
    def weights_sha256(self) -> str:
        """The SHA-256 of the weights, as hexadecimal digits."""

    @property
    def preprocessing(self) -> Mapping[str, JSON]:
        """What is done to the pictures before the network sees them."""

    def __call__(self, images: Tensor) -> Tensor:
        """Turn uint8 ``[B, C, H, W]`` into float32 ``[B, dims]``, without gradients."""
