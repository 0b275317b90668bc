"""A branch of layers for the class beside the one for the latent or the sample, joined further on.

Conditional Generative Adversarial Nets (2014), arXiv:1411.1784, whose G and D on MNIST are built so.
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
    OneHotRows,
    VectorInput,
    need_classes,
)
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.errors import UserError
from ganbench.layers.maxout import Maxout
from ganbench.layers.normalisation import Norm1d, norm_1d
from ganbench.layers.stochastic import Dropout, GaussianNoise


@dataclass(frozen=True)
class LabelBranch(GeneratorConditioning):
    """G's latent passes a hidden layer of ``latent_width``, its class one of ``class_width``; G is given both.

    Each is a linear layer, a norm, dropout and ReLU. Raises ``UserError`` if a width is below 1, ``dropout`` is not
    in [0, 1), or the norm is unknown.
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

    def vector(self, latent: int, classes: int) -> VectorInput:
        """Return both branches, for latents of that size. Raises UserError without classes."""
        need_classes(self, classes)
        return _TwoBranches(latent, classes, self)


class _TwoBranches(VectorInput):
    def __init__(self, latent: int, classes: int, chosen: LabelBranch) -> None:
        super().__init__()
        self.one_hot = OneHotRows(classes)
        self.of_latent = _branch(latent, chosen.latent_width, chosen)
        self.of_class = _branch(classes, chosen.class_width, chosen)
        self.size = chosen.latent_width + chosen.class_width

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        rows = self.one_hot(condition).to(x.dtype)
        return torch.cat([self.of_latent(x), self.of_class(rows)], 1)


def _branch(before: int, after: int, chosen: LabelBranch) -> nn.Sequential:
    norm = norm_1d(chosen.norm, after)
    return nn.Sequential(nn.Linear(before, after), norm, Dropout(chosen.dropout), nn.ReLU())


@dataclass(frozen=True)
class MaxoutBranch(DiscriminatorConditioning):
    """D's class passes ``size`` maxout units; joined with the features it passes ``joint`` more, then a linear layer.

    Dropout follows both. In training ``noise`` is the standard deviation of Gaussian noise on what the class has
    become. Raises ``UserError`` if a size is below 1, ``dropout`` is not in [0, 1), or ``noise`` is negative.
    """

    needs_condition: ClassVar[bool] = True
    size: int = 40
    joint: int = 200
    pieces: int = 4
    dropout: float = 0.0
    noise: float = 0.0

    def head(self, features: int, classes: int) -> Head:
        """Return the class's branch and the layers after the joining. Raises UserError without classes."""
        need_classes(self, classes)
        return _JoinedMaxout(features, classes, self)


class _JoinedMaxout(Head):
    def __init__(self, features: int, classes: int, chosen: MaxoutBranch) -> None:
        super().__init__()
        self.one_hot = OneHotRows(classes)
        self.of_class = nn.Sequential(
            Maxout(classes, chosen.size, chosen.pieces), Dropout(chosen.dropout), GaussianNoise(chosen.noise)
        )
        self.joint = nn.Sequential(
            Maxout(features + chosen.size, chosen.joint, chosen.pieces),
            Dropout(chosen.dropout),
            nn.Linear(chosen.joint, 1),
        )

    def forward(self, features: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        of_class = self.of_class(self.one_hot(condition).to(features.dtype))
        return DiscriminatorOutput(self.joint(torch.cat([features, of_class], 1)).squeeze(1), features)
