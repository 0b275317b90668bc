"""Heads of D that say of which class a sample is: a classifier, or cosines with a vector for each class.

Conditional Image Synthesis With Auxiliary Classifier GANs (2016), arXiv:1610.09585; Rebooting ACGAN: Auxiliary
Classifier GANs with Stable Training (2021), arXiv:2111.01118.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning, Head, need_classes
from ganbench.conditioning.discriminator_output import DiscriminatorOutput, normalised
from ganbench.errors import UserError


@dataclass(frozen=True)
class ClassifierHead(DiscriminatorConditioning):
    """Beside the score, logits of the classes: a linear layer each on the same features. D is not told the class."""

    says: ClassVar[tuple[str, ...]] = ("classes",)

    def head(self, features: int, classes: int) -> Head:
        """Return both layers. Raises UserError without classes."""
        need_classes(self, classes)
        return _Classifying(features, classes)


class _Classifying(Head):
    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.score, self.classes = nn.Linear(features, 1), nn.Linear(features, classes)

    def forward(self, features: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        return DiscriminatorOutput(self.score(features).squeeze(1), features, self.classes(features))


@dataclass(frozen=True)
class ProxyHead(DiscriminatorConditioning):
    """Beside the score, an embedding of ``size`` numbers and a vector for each class, both of length 1.

    It says the cosines between the two. D is not told the class. Raises ``UserError`` if ``size`` is below 1.
    """

    says: ClassVar[tuple[str, ...]] = ("classes", "embedding")
    size: int = 512

    def __post_init__(self) -> None:
        if self.size < 1:
            raise UserError(f"ProxyHead: size must be at least 1, but is {self.size}")

    def head(self, features: int, classes: int) -> Head:
        """Return the score's layer, the embedding's and the classes' vectors. Raises UserError without classes."""
        need_classes(self, classes)
        return _Proxies(features, classes, self.size)


class _Proxies(Head):
    def __init__(self, features: int, classes: int, size: int) -> None:
        super().__init__()
        self.score = nn.Linear(features, 1)
        self.embedding, self.proxies = nn.Linear(features, size), nn.Embedding(classes, size)

    def forward(self, features: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        embedding, proxies = normalised(self.embedding(features)), normalised(self.proxies.weight)
        return DiscriminatorOutput(
            self.score(features).squeeze(1), features, embedding @ proxies.T, embedding
        )
