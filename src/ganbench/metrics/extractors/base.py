"""The interface of feature extractors: fixed networks that map images to feature vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from torch import Tensor

from ganbench.metrics.score import JSON


class FeatureExtractor(Protocol):
    """Map images to feature vectors. Equal ``name`` and ``weights_sha256`` mean equal features."""

    @property
    def name(self) -> str:
        """The network and its input resolution, such as ``efficientnet-lite0@96``."""

    @property
    def dims(self) -> int:
        """The length of a feature vector."""

    @property
    def weights_sha256(self) -> str:
        """The SHA-256 of the weights, in hexadecimal."""

    @property
    def preprocessing(self) -> Mapping[str, JSON]:
        """How images are preprocessed, for the record of a score."""

    def __call__(self, images: Tensor) -> Tensor:
        """Map uint8 images ``[B, C, H, W]`` to float32 features ``[B, dims]``, without gradients."""


@runtime_checkable
class ClassifierExtractor(FeatureExtractor, Protocol):
    """A feature extractor that is also a classifier.

    If the logits depend on the features alone, an additional method ``logits_from_features(features)`` saves a
    forward pass.
    """

    def logits(self, images: Tensor) -> Tensor:
        """Map uint8 images ``[B, C, H, W]`` to logits ``[B, classes]``, without gradients."""


def score_name(metric: str, extractor: FeatureExtractor) -> str:
    """Return the name of a score: the metric and its features, such as ``fd[efficientnet-lite0@96]``.

    An extractor whose scores have published names lists them in an attribute ``score_names``, such as
    ``{"fd": "FID", "kd": "KID", "is": "IS"}``.
    """
    published: Mapping[str, str] = getattr(extractor, "score_names", {})
    return published.get(metric, f"{metric}[{extractor.name}]")
