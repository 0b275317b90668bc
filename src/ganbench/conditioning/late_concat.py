"""The class joined to D's features, late: the convolutional D of many conditional GANs.

Generative Adversarial Text to Image Synthesis (2016), arXiv:1605.05396, joins its text there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning, Head, class_rows, need_classes
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.errors import UserError
from ganbench.layers.stochastic import GaussianNoise


@dataclass(frozen=True)
class LateConcat(DiscriminatorConditioning):
    """D's features are joined with an embedding of ``size`` numbers, then pass a hidden layer and a linear one.

    The hidden layer has ``hidden`` leaky ReLUs; without it (0) the class could only shift the score, whatever the
    sample. In training ``noise`` is the standard deviation of Gaussian noise on the embedding.

    Raises ``UserError`` if ``size`` or ``hidden`` is below 1, or ``noise`` is negative.
    """

    needs_condition: ClassVar[bool] = True
    size: int = 50
    hidden: int = 128
    noise: float = 0.0

    def __post_init__(self) -> None:
        for name in ("size", "hidden"):
            if getattr(self, name) < 1:
                raise UserError(f"LateConcat: {name} must be at least 1, but is {getattr(self, name)}")

    def head(self, features: int, classes: int) -> Head:
        """Return the layers after the joining. Raises UserError without classes."""
        need_classes(self, classes)
        return _JoinedLate(features, classes, self)


class _JoinedLate(Head):
    def __init__(self, features: int, classes: int, chosen: LateConcat) -> None:
        super().__init__()
        self.embedding, self.noise = nn.Embedding(classes, chosen.size), GaussianNoise(chosen.noise)
        self.layers = nn.Sequential(
            nn.Linear(features + chosen.size, chosen.hidden), nn.LeakyReLU(0.2), nn.Linear(chosen.hidden, 1)
        )

    def forward(self, features: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        label = self.noise(class_rows(self.embedding.weight, condition))
        return DiscriminatorOutput(self.layers(torch.cat([features, label], 1)).squeeze(1), features)
