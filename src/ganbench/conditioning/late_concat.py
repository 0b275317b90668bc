"""The class concatenated with D's features, as in the convolutional D of many conditional GANs.

Generative Adversarial Text to Image Synthesis (2016), arXiv:1605.05396, adds its text embedding there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning, Head, require_classes, select_rows
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.errors import UserError
from ganbench.layers.stochastic import GaussianNoise


@dataclass(frozen=True)
class LateConcat(DiscriminatorConditioning):
    """D's features and a class embedding of ``size`` numbers are concatenated and pass a hidden and a linear layer.

    The hidden layer has ``hidden`` leaky ReLU units. It is required: with a linear layer alone, the class could only
    add an offset to the score that does not depend on the sample. In training, ``noise`` is the standard deviation of
    Gaussian noise on the embedding.

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

    def make_head(self, features: int, classes: int) -> Head:
        """Return the embedding and the layers after the concatenation. Raises UserError without classes."""
        require_classes(self, classes)
        return _LateConcatHead(features, classes, self)


class _LateConcatHead(Head):
    def __init__(self, features: int, classes: int, config: LateConcat) -> None:
        super().__init__()
        self.embedding, self.noise = nn.Embedding(classes, config.size), GaussianNoise(config.noise)
        self.layers = nn.Sequential(
            nn.Linear(features + config.size, config.hidden), nn.LeakyReLU(0.2), nn.Linear(config.hidden, 1)
        )

    def forward(self, features: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        label = self.noise(select_rows(self.embedding.weight, condition))
        return DiscriminatorOutput(self.layers(torch.cat([features, label], 1)).squeeze(1), features)
