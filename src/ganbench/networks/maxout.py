"""A discriminator of maxout units with dropout.

Maxout Networks (2013), arXiv:1302.4389; with classes, Conditional Generative Adversarial Nets (2014), arXiv:1411.1784.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import ClassVar

from torch import nn

from ganbench.conditioning.base import DiscriminatorConditioning
from ganbench.errors import UserError
from ganbench.layers.initialisation import init_zero_biases
from ganbench.layers.maxout import Maxout
from ganbench.layers.spectral import apply_spectral_norm
from ganbench.layers.stochastic import Dropout, GaussianNoise
from ganbench.networks.base import VectorDiscriminator


class MaxoutDiscriminator(VectorDiscriminator):
    """Samples ``[N, *shape]`` -> raw scores ``[N]``.

    Each hidden layer has ``width`` maxout units (a tuple gives one layer per entry) of ``pieces`` pieces, followed by
    ``dropout``; a linear layer makes the score. In training, ``input_noise`` and ``noise`` are the standard deviations
    of Gaussian noise on the sample and on the output of each hidden layer. ``spectral_norm`` divides each weight by its
    largest singular value. Weights start with torch's default initialisation, biases at 0.

    Raises ``UserError`` if a size is below 1, ``dropout`` is not in [0, 1), a noise is negative, or the conditioning
    needs classes that do not exist.
    """

    flattens_samples: ClassVar[bool] = True

    def __init__(
        self,
        *,
        shape: tuple[int, ...],
        width: int | tuple[int, ...] = (512, 256),
        pieces: int = 5,
        dropout: float = 0.25,
        input_noise: float = 0.0,
        noise: float = 0.0,
        spectral_norm: bool = False,
        conditioning: DiscriminatorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        widths = width if isinstance(width, tuple) else (width,)
        if not widths or not shape or min(shape) < 1:
            raise UserError(
                f"MaxoutDiscriminator: width and shape must not be empty, but are {widths} and {shape}"
            )
        (size,) = self.set_conditioning(conditioning, (math.prod(shape),), classes)
        layers: list[nn.Module] = [GaussianNoise(input_noise)]
        for in_features, out_features in pairwise((size, *widths)):
            layers += [Maxout(in_features, out_features, pieces), Dropout(dropout), GaussianNoise(noise)]
        self.layers = nn.Sequential(*layers)
        if not self.add_head(widths[-1]):
            self.last = nn.Linear(widths[-1], 1)
        init_zero_biases(self)
        if spectral_norm:
            apply_spectral_norm(self)
