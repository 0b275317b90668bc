"""The plain convolutional pair of SN-GAN: two convolutions a level in D, one in G.

Spectral Normalization for Generative Adversarial Networks (2018), arXiv:1802.05957, table 3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning, GeneratorConditioning, Layers
from ganbench.layers.initialisation import alike_in_blocks, normal_weights, orthogonal_weights
from ganbench.layers.normalisation import Norm2d
from ganbench.layers.pooling import Pool, pooling
from ganbench.layers.spectral import spectrally_normalised
from ganbench.networks.base import Generator, MapDiscriminator
from ganbench.networks.shape_plan import plan_levels


class SNDCGANGenerator(Generator):
    """Latent vectors ``[N, latent]`` -> pictures ``[N, C, H, W]`` in [-1, 1] (tanh).

    A linear layer to a start map whose shorter side is 4 to 7, a 4x4 transposed convolution for each doubling up to
    ``shape`` = ``(C, H, W)``, then a 3x3 convolution. ``width`` is the number of channels of the largest map; each
    smaller one has twice as many (64: 512 at 4x4 for 32x32). All maps but the last pass a norm and ReLU.
    ``depth`` is the number of convolutions a level: each but the first keeps the size, 3x3, and has a norm and ReLU.
    If ``folded``, the last convolution acts at half size and makes the four pixels of each block of 2x2 at once, alike
    at first; the largest map is then half as large. ``spectral_norm`` divides each weight by its largest singular
    value. Weights start from N(0, 0.02²), biases at 0.

    Raises ``UserError`` if a size is below 1, a side cannot be reached by doublings, the norm is unknown, or the
    conditioning needs classes or norms that are not there.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, int, int],
        width: int = 64,
        depth: int = 1,
        norm: Norm2d = "batch",
        folded: bool = False,
        spectral_norm: bool = False,
        conditioning: GeneratorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        start, levels = plan_levels("SNDCGANGenerator", shape, latent=latent, width=width, depth=depth)
        levels -= folded
        size = self.condition_on(conditioning, latent, classes)
        channels = [width * 2**level for level in reversed(range(levels + 1))]
        self.start = (channels[0], *start)
        self.first = nn.Linear(size, channels[0] * start[0] * start[1])
        plane, added = self.plane(start)
        layers: list[nn.Module] = [*plane]
        for level, before in enumerate(channels):
            before += 0 if level else added
            layers += [self.norm_2d(norm, before), nn.ReLU(inplace=True)]
            if level < levels:
                after = channels[level + 1]
                layers.append(nn.ConvTranspose2d(before, after, 4, stride=2, padding=1))
                for _ in range(depth - 1):
                    layers += [self.norm_2d(norm, after), nn.ReLU(inplace=True)]
                    layers.append(nn.Conv2d(after, after, 3, padding=1))
            elif folded:
                last = nn.Conv2d(before, 4 * shape[0], 3, padding=1)
                layers += [last, nn.PixelShuffle(2)]
            else:
                layers.append(nn.Conv2d(before, shape[0], 3, padding=1))
        self.layers = Layers(*layers)
        normal_weights(self)
        if folded:
            alike_in_blocks(last, 2)
        if spectral_norm:
            spectrally_normalised(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return pictures ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        first = self.first(self.joined(z, condition)).reshape(len(z), *self.start)
        return torch.tanh(self.layers(first, condition))


class SNDCGANDiscriminator(MapDiscriminator):
    """Pictures ``[N, C, H, W]`` -> raw scores ``[N]``.

    For each halving, down to a map whose shorter side is 4 to 7, ``depth`` 3x3 convolutions to ``width`` channels
    (twice as many for each further level) and a 4x4 one of stride 2; then a 3x3 convolution to twice as many again, and
    the score of all positions, or with ``pool`` of their mean or sum. All but the last pass a leaky ReLU of slope 0.1;
    there is no norm. If ``folded``, each block of 2x2 pixels is one position of four times the channels from the start,
    with one halving fewer. ``spectral_norm`` divides each weight by its largest singular value. Weights start
    orthogonal, biases at 0.

    Raises ``UserError`` if a size is below 1, a side cannot be halved often enough, the pool is unknown, or the
    conditioning needs classes that are not there.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 64,
        depth: int = 1,
        folded: bool = False,
        spectral_norm: bool = True,
        pool: Pool = "none",
        conditioning: DiscriminatorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.smallest, levels = plan_levels("SNDCGANDiscriminator", shape, width=width, depth=depth)
        self.pooled = pooling("SNDCGANDiscriminator", pool)
        before, *_ = self.condition_on(conditioning, shape, classes)
        layers: list[nn.Module] = []
        if folded:
            before, levels = 4 * before, levels - 1
            layers.append(nn.PixelUnshuffle(2))
        for level in range(levels):
            after = width * 2**level
            for _ in range(depth):
                layers += [nn.Conv2d(before, after, 3, padding=1), nn.LeakyReLU(0.1, inplace=True)]
                before = after
            layers += [nn.Conv2d(after, after, 4, stride=2, padding=1), nn.LeakyReLU(0.1, inplace=True)]
        layers += [nn.Conv2d(before, 2 * before, 3, padding=1), nn.LeakyReLU(0.1, inplace=True)]
        self.layers = nn.Sequential(*layers)
        positions = self.smallest[0] * self.smallest[1] if pool == "none" else 1
        if not self.end_in(2 * before * positions):
            self.last = nn.Linear(self.feature_size, 1)
        orthogonal_weights(self)
        if spectral_norm:
            spectrally_normalised(self)
