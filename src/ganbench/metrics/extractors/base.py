"""What a feature extractor is: a fixed network that turns pictures into vectors, and says which one it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from torch import Tensor

from ganbench.metrics.score import JSON


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


@runtime_checkable
class Classifying(FeatureExtractor, Protocol):
    """An extractor whose network was trained to tell classes, too.

    Where logits are made of the features alone, a further method ``logits_from_features(features)`` saves a pass.
    """

    def logits(self, images: Tensor) -> Tensor:
        """Turn uint8 ``[B, C, H, W]`` into logits ``[B, classes]``, without gradients."""


def score_name(metric: str, extractor: FeatureExtractor) -> str:
    """Name a score by its metric and features, such as ``fd[efficientnet-lite0@96]``.

    In the features with which a score was published it has the published name: the extractor then says so in an
    attribute ``score_names``, as ``{"fd": "FID", "kd": "KID", "is": "IS"}``.
    """
    published: Mapping[str, str] = getattr(extractor, "score_names", {})
    return published.get(metric, f"{metric}[{extractor.name}]")
