"""The interface of feature extractors: fixed networks that map images to feature vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from torch import Tensor

from ganbench.errors import UserError
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


def extract(extractor: FeatureExtractor, images: Tensor) -> Tensor:
    """Return the features of images, ``[B, dims]``. Raises UserError if some are NaN or infinite."""
    return require_finite(extractor(images), f"features '{extractor.name}'")


def require_finite(rows: Tensor, what: str) -> Tensor:
    """Return rows ``[B, ...]`` if all numbers are finite. Raises UserError, saying ``what`` they are, if not."""
    bad = int((~rows.isfinite()).flatten(1).any(1).sum())
    if bad:
        raise UserError(
            f"the {what} of {bad:,} of {len(rows):,} images are not finite numbers, so no score can be measured with "
            "them; check the extractor and its weights"
        )
    return rows


def score_name(metric: str, extractor: FeatureExtractor) -> str:
    """Return the name of a score: the metric and its features, such as ``fd[efficientnet-lite0@96]``.

    An extractor whose scores have published names lists them in an attribute ``score_names``, such as
    ``{"fd": "FID", "kd": "KID", "is": "IS"}``.
    """
    published: Mapping[str, str] = getattr(extractor, "score_names", {})
    return published.get(metric, f"{metric}[{extractor.name}]")
