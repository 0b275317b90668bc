"""A pair of two dense and two convolutional layers each, as InfoGAN has it for digits.

InfoGAN: Interpretable Representation Learning by Information Maximizing Generative Adversarial Nets (2016),
arXiv:1606.03657, appendix C.1.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning, GeneratorConditioning, Layers
from ganbench.layers.initialisation import normal_weights
from ganbench.layers.normalisation import Norm1d, norm_1d, norm_2d
from ganbench.layers.spectral import spectrally_normalised
from ganbench.networks.base import FlatDiscriminator, Generator
from ganbench.networks.shape_plan import require_picture, require_sizes


class DenseConvGenerator(Generator):
    """Latent vectors ``[N, latent]`` -> pictures ``[N, C, H, W]`` in [-1, 1] (tanh).

    A linear layer to ``16 * width`` numbers, one to a map of ``2 * width`` channels and a quarter of the sides, and two
    doublings by transposed 4x4 convolutions, to ``width`` channels and to the picture. Hidden layers pass a norm and a
    ReLU. Weights start from N(0, 0.02²), biases at 0, gains of batch norm from N(1, 0.02²).

    Raises ``UserError`` if a size is below 1, a side cannot be divided by 4, the norm is unknown, or the conditioning
    needs classes, norms or a first map that are not there.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, int, int],
        width: int = 64,
        norm: Norm1d = "batch",
        conditioning: GeneratorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        require_sizes("DenseConvGenerator", latent=latent, width=width)
        require_picture("DenseConvGenerator", shape, least=4, step=4)
        sides = shape[1] // 4, shape[2] // 4
        size, dense, maps = self.condition_on(conditioning, latent, classes), 16 * width, 2 * width
        flat = maps * sides[0] * sides[1]
        plane, added = self.plane(sides)
        self.layers = Layers(
            nn.Linear(size, dense),
            self.norm_1d(norm, dense),
            nn.ReLU(inplace=True),
            nn.Linear(dense, flat),
            self.norm_1d(norm, flat),
            nn.ReLU(inplace=True),
            nn.Unflatten(1, (maps, *sides)),
            *plane,
            nn.ConvTranspose2d(maps + added, width, 4, stride=2, padding=1),
            self.norm_2d(norm, width),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(width, shape[0], 4, stride=2, padding=1),
        )
        normal_weights(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return pictures ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        return torch.tanh(self.layers(self.joined(z, condition), condition))


class DenseConvDiscriminator(FlatDiscriminator):
    """Pictures ``[N, C, H, W]`` -> raw scores ``[N]``.

    The mirror image of ``DenseConvGenerator``: 4x4 convolutions to ``width`` and ``2 * width`` channels that halve the
    sides, a linear layer to ``16 * width`` features, and one to the score. Hidden layers pass a norm, save the first,
    and a leaky ReLU of slope 0.1. ``spectral_norm`` divides each weight by its largest singular value. Weights start as
    the generator's.

    Raises ``UserError`` if a size is below 1, a side cannot be divided by 4, the norm is unknown, or the conditioning
    needs classes that are not there.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 64,
        norm: Norm1d = "batch",
        spectral_norm: bool = False,
        conditioning: DiscriminatorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        require_sizes("DenseConvDiscriminator", width=width)
        require_picture("DenseConvDiscriminator", shape, least=4, step=4)
        sides = shape[1] // 4, shape[2] // 4
        seen = self.condition_on(conditioning, shape, classes)
        dense = 16 * width
        self.layers = nn.Sequential(
            nn.Conv2d(seen[0], width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.1, inplace=True),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            norm_2d(norm, 2 * width),
            nn.LeakyReLU(0.1, inplace=True),
            nn.Flatten(),
            nn.Linear(2 * width * sides[0] * sides[1], dense),
            norm_1d(norm, dense),
            nn.LeakyReLU(0.1, inplace=True),
        )
        if not self.end_in(dense):
            self.last = nn.Linear(dense, 1)
        normal_weights(self)
        if spectral_norm:
            spectrally_normalised(self)
