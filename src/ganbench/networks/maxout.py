"""A discriminator of maxout units with dropout: Maxout Networks, 2013, arXiv 1302.4389.

Its conditional form is that of Conditional Generative Adversarial Nets (2014), arXiv:1411.1784.
"""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning
from ganbench.errors import UserError
from ganbench.layers.initialisation import zero_biases
from ganbench.layers.maxout import Maxout
from ganbench.layers.spectral import spectrally_normalised
from ganbench.layers.stochastic import Dropout, GaussianNoise
from ganbench.networks.base import FlatDiscriminator


class MaxoutDiscriminator(FlatDiscriminator):
    """Samples ``[N, *shape]`` -> raw scores ``[N]``.

    For each of ``width`` (one or several) a layer of so many maxout units of ``pieces`` pieces, then ``dropout``; then
    a linear layer. In training ``input_noise`` and ``noise`` are standard deviations of Gaussian noise on the sample
    and on what each layer passes on. ``spectral_norm`` divides each weight by its largest singular value. Weights
    start as torch draws them, biases at 0.

    Raises ``UserError`` if a size is below 1, ``dropout`` is not in [0, 1), a noise is negative, or the conditioning
    needs classes that are not there.
    """

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
            raise UserError(f"MaxoutDiscriminator: a width and a shape are needed, not {widths} and {shape}")
        (seen,) = self.condition_on(conditioning, (math.prod(shape),), classes)
        layers: list[nn.Module] = [GaussianNoise(input_noise)]
        for before, after in pairwise((seen, *widths)):
            layers += [Maxout(before, after, pieces), Dropout(dropout), GaussianNoise(noise)]
        self.layers = nn.Sequential(*layers)
        if not self.end_in(widths[-1]):
            self.last = nn.Linear(widths[-1], 1)
        zero_biases(self)
        if spectral_norm:
            spectrally_normalised(self)

    def flat(self, x: Tensor) -> Tensor:
        """Return samples as vectors."""
        return x.flatten(1)
