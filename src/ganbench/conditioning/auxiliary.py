"""Heads of D that also classify samples: by logits, or by cosines with a learned vector for each class.

Conditional Image Synthesis With Auxiliary Classifier GANs (2016), arXiv:1610.09585; Rebooting ACGAN: Auxiliary
Classifier GANs with Stable Training (2021), arXiv:2111.01118.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning, Head, require_classes
from ganbench.conditioning.discriminator_output import DiscriminatorOutput, l2_normalize
from ganbench.errors import UserError


@dataclass(frozen=True)
class ClassifierHead(DiscriminatorConditioning):
    """D returns a score and class logits, each a linear layer on the same features. D does not receive the class."""

    extra_outputs: ClassVar[tuple[str, ...]] = ("classes",)

    def make_head(self, features: int, classes: int) -> Head:
        """Return both layers. Raises UserError without classes."""
        require_classes(self, classes)
        return _LogitsHead(features, classes)


class _LogitsHead(Head):
    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.score, self.classes = nn.Linear(features, 1), nn.Linear(features, classes)

    def forward(self, features: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        return DiscriminatorOutput(self.score(features).squeeze(1), features, self.classes(features))


@dataclass(frozen=True)
class ProxyHead(DiscriminatorConditioning):
    """D returns a score, an embedding of ``size`` numbers, and its cosines with a learned vector for each class.

    The embedding and the class vectors have length 1. D does not receive the class. Raises ``UserError`` if ``size`` is
    below 1.
    """

    extra_outputs: ClassVar[tuple[str, ...]] = ("classes", "embedding")
    size: int = 512

    def __post_init__(self) -> None:
        if self.size < 1:
            raise UserError(f"ProxyHead: size must be at least 1, but is {self.size}")

    def make_head(self, features: int, classes: int) -> Head:
        """Return the layers of the score and the embedding, and the class vectors. Raises UserError without classes."""
        require_classes(self, classes)
        return _CosineHead(features, classes, self.size)


class _CosineHead(Head):
    def __init__(self, features: int, classes: int, size: int) -> None:
        super().__init__()
        self.score = nn.Linear(features, 1)
        self.embedding, self.proxies = nn.Linear(features, size), nn.Embedding(classes, size)

    def forward(self, features: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        embedding, proxies = l2_normalize(self.embedding(features)), l2_normalize(self.proxies.weight)
        return DiscriminatorOutput(
            self.score(features).squeeze(1), features, embedding @ proxies.T, embedding
        )
