"""InfoGAN's pair for digits: two dense and two convolutional layers each.

InfoGAN: Interpretable Representation Learning by Information Maximizing Generative Adversarial Nets (2016),
arXiv:1606.03657, appendix C.1.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import ConditionalSequential, DiscriminatorConditioning, GeneratorConditioning
from ganbench.layers.initialisation import init_normal
from ganbench.layers.normalisation import Norm1d, norm_1d, norm_2d
from ganbench.layers.spectral import apply_spectral_norm
from ganbench.networks.base import Generator, VectorDiscriminator
from ganbench.networks.shape_plan import require_image_shape, require_sizes


class DenseConvGenerator(Generator):
    """Latent vectors ``[N, latent]`` -> images ``[N, C, H, W]`` in [-1, 1] (tanh).

    A linear layer to ``16 * width`` features; a linear layer to a map of ``2 * width`` channels and a quarter of the
    sides; and two doublings by transposed 4x4 convolutions, to ``width`` channels and to the image. A norm and ReLU
    follow each hidden layer. Weights start from N(0, 0.02²), biases at 0, gains of batch norm from N(1, 0.02²).

    Raises ``UserError`` if a size is below 1, a side is not a multiple of 4, the norm is unknown, or the conditioning
    needs classes, norms or a first map that do not exist.
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
        require_image_shape("DenseConvGenerator", shape, min_side=4, multiple_of=4)
        sides = shape[1] // 4, shape[2] // 4
        size, dense, channels = self.set_conditioning(conditioning, latent, classes), 16 * width, 2 * width
        flat = channels * sides[0] * sides[1]
        plane, extra_channels = self.make_plane_input(sides)
        self.layers = ConditionalSequential(
            nn.Linear(size, dense),
            self.norm_1d(norm, dense),
            nn.ReLU(inplace=True),
            nn.Linear(dense, flat),
            self.norm_1d(norm, flat),
            nn.ReLU(inplace=True),
            nn.Unflatten(1, (channels, *sides)),
            *plane,
            nn.ConvTranspose2d(channels + extra_channels, width, 4, stride=2, padding=1),
            self.norm_2d(norm, width),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(width, shape[0], 4, stride=2, padding=1),
        )
        init_normal(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return images ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        return torch.tanh(self.layers(self.condition_latent(z, condition), condition))


class DenseConvDiscriminator(VectorDiscriminator):
    """Images ``[N, C, H, W]`` -> raw scores ``[N]``: the mirror image of ``DenseConvGenerator``.

    Two 4x4 convolutions, to ``width`` and ``2 * width`` channels, halve the sides; a linear layer returns
    ``16 * width`` features, and another the score. A leaky ReLU of slope 0.1 follows each hidden layer, after a norm
    for all but the first. ``spectral_norm`` divides each weight by its largest singular value. Weights start like the
    generator's.

    Raises ``UserError`` if a size is below 1, a side is not a multiple of 4, the norm is unknown, or the conditioning
    needs classes that do not exist.
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
        require_image_shape("DenseConvDiscriminator", shape, min_side=4, multiple_of=4)
        sides = shape[1] // 4, shape[2] // 4
        in_channels, *_ = self.set_conditioning(conditioning, shape, classes)
        dense = 16 * width
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.1, inplace=True),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            norm_2d(norm, 2 * width),
            nn.LeakyReLU(0.1, inplace=True),
            nn.Flatten(),
            nn.Linear(2 * width * sides[0] * sides[1], dense),
            norm_1d(norm, dense),
            nn.LeakyReLU(0.1, inplace=True),
        )
        if not self.add_head(dense):
            self.last = nn.Linear(dense, 1)
        init_normal(self)
        if spectral_norm:
            apply_spectral_norm(self)
