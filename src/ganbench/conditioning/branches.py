"""Separate branches for the class and for the latent or the sample, joined by concatenation.

Conditional Generative Adversarial Nets (2014), arXiv:1411.1784, builds its G and D for MNIST this way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import (
    DiscriminatorConditioning,
    GeneratorConditioning,
    Head,
    OneHotEncoding,
    VectorInput,
    require_classes,
)
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.errors import UserError
from ganbench.layers.maxout import Maxout
from ganbench.layers.normalisation import Norm1d, norm_1d
from ganbench.layers.stochastic import Dropout, GaussianNoise


@dataclass(frozen=True)
class LabelBranch(GeneratorConditioning):
    """G's input is the concatenation of a latent branch and a class branch.

    The branches have ``latent_width`` and ``class_width`` outputs; each is a linear layer, a norm, dropout and ReLU.
    Raises ``UserError`` if a width is below 1, ``dropout`` is not in [0, 1), or the norm is unknown.
    """

    needs_condition: ClassVar[bool] = True
    latent_width: int = 256
    class_width: int = 128
    norm: Norm1d = "batch"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for name in ("latent_width", "class_width"):
            if getattr(self, name) < 1:
                raise UserError(f"LabelBranch: {name} must be at least 1, but is {getattr(self, name)}")

    def make_vector_input(self, latent: int, classes: int) -> VectorInput:
        """Return both branches, for latents of size ``latent``. Raises UserError without classes."""
        require_classes(self, classes)
        return _LabelBranchInput(latent, classes, self)


class _LabelBranchInput(VectorInput):
    def __init__(self, latent: int, classes: int, config: LabelBranch) -> None:
        super().__init__()
        self.one_hot = OneHotEncoding(classes)
        self.of_latent = _make_branch(latent, config.latent_width, config)
        self.of_class = _make_branch(classes, config.class_width, config)
        self.size = config.latent_width + config.class_width

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        rows = self.one_hot(condition).to(x.dtype)
        return torch.cat([self.of_latent(x), self.of_class(rows)], 1)


def _make_branch(in_features: int, out_features: int, config: LabelBranch) -> nn.Sequential:
    norm = norm_1d(config.norm, out_features)
    return nn.Sequential(nn.Linear(in_features, out_features), norm, Dropout(config.dropout), nn.ReLU())


@dataclass(frozen=True)
class MaxoutBranch(DiscriminatorConditioning):
    """D's class passes ``size`` maxout units, is concatenated with the features, and passes ``joint`` more units.

    Dropout follows both maxout layers; a linear layer makes the score. In training, ``noise`` is the standard deviation
    of Gaussian noise on the output of the class branch. Raises ``UserError`` if a size is below 1, ``dropout`` is not
    in [0, 1), or ``noise`` is negative.
    """

    needs_condition: ClassVar[bool] = True
    size: int = 40
    joint: int = 200
    pieces: int = 4
    dropout: float = 0.0
    noise: float = 0.0

    def make_head(self, features: int, classes: int) -> Head:
        """Return the class branch and the layers after the concatenation. Raises UserError without classes."""
        require_classes(self, classes)
        return _MaxoutBranchHead(features, classes, self)


class _MaxoutBranchHead(Head):
    def __init__(self, features: int, classes: int, config: MaxoutBranch) -> None:
        super().__init__()
        self.one_hot = OneHotEncoding(classes)
        self.of_class = nn.Sequential(
            Maxout(classes, config.size, config.pieces), Dropout(config.dropout), GaussianNoise(config.noise)
        )
        self.joint = nn.Sequential(
            Maxout(features + config.size, config.joint, config.pieces),
            Dropout(config.dropout),
            nn.Linear(config.joint, 1),
        )

    def forward(self, features: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        class_features = self.of_class(self.one_hot(condition).to(features.dtype))
        return DiscriminatorOutput(self.joint(torch.cat([features, class_features], 1)).squeeze(1), features)
