"""The plain DCGAN-like pair: each level halves or doubles the map, one 4x4 convolution a level.

Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks (2015),
arXiv:1511.06434, in the form with one convolution, as large as the smallest map, between it and the vector.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning, GeneratorConditioning, Layers
from ganbench.layers.attention import attention_at
from ganbench.layers.initialisation import normal_weights
from ganbench.layers.normalisation import Norm2d, norm_2d
from ganbench.layers.pooling import Pool, pooling
from ganbench.layers.spectral import spectrally_normalised
from ganbench.networks.base import Discriminator, Generator
from ganbench.networks.shape_plan import plan_levels


class SimpleCNNGenerator(Generator):
    """Latent vectors ``[N, latent]`` -> pictures ``[N, C, H, W]`` in [-1, 1] (tanh).

    A start map whose shorter side is 4 to 7, then doublings up to ``shape`` = ``(C, H, W)``. ``width`` is the
    number of channels of the largest hidden map; each smaller one has twice as many. For 32x32 at width 256:
    1024 channels at 4x4, 512 at 8x8, 256 at 16x16, then the picture. Hidden maps pass a norm and a ReLU.
    ``spectral_norm`` divides each weight by its largest singular value. Self-attention follows the hidden map whose
    shorter side is ``attention`` (0: none). Weights start from N(0, 0.02²), biases at 0, gains of batch norm from
    N(1, 0.02²).

    Raises ``UserError`` if a size is below 1, a side cannot be reached by doublings, no hidden map has the side that
    ``attention`` names, the norm is unknown, or the conditioning needs classes or norms that are not there.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, int, int],
        width: int = 256,
        norm: Norm2d = "batch",
        spectral_norm: bool = False,
        attention: int = 0,
        conditioning: GeneratorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        start, levels = plan_levels("SimpleCNNGenerator", shape, latent=latent, width=width)
        size = self.condition_on(conditioning, latent, classes)
        # From the smallest map to the picture: 1024, 512, 256, 3.
        channels = [*(width * 2**level for level in reversed(range(levels))), shape[0]]
        attend = attention_at("SimpleCNNGenerator", attention, [min(start) * 2**i for i in range(levels)])
        plane, added = self.plane(start)
        layers: list[nn.Module] = [nn.ConvTranspose2d(size, channels[0], start), *plane]
        for level, (before, after) in enumerate(pairwise(channels)):
            before += 0 if level else added
            layers += [
                self.norm_2d(norm, before),
                nn.ReLU(inplace=True),
                *attend(level, before),
                nn.ConvTranspose2d(before, after, 4, stride=2, padding=1),
            ]
        self.layers = Layers(*layers)
        normal_weights(self)
        if spectral_norm:
            spectrally_normalised(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return pictures ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        return torch.tanh(self.layers(self.joined(z, condition)[:, :, None, None], condition))


class SimpleCNNDiscriminator(Discriminator):
    """Pictures ``[N, C, H, W]`` -> raw scores ``[N]``.

    The mirror image of ``SimpleCNNGenerator``. For 32x32 at width 256: 256 channels at 16x16, 512 at 8x8,
    1024 at 4x4, then the score. Hidden maps pass a norm, save the first, and a leaky ReLU of slope 0.2.
    ``spectral_norm`` divides each weight by its largest singular value. Self-attention follows the map whose shorter
    side is ``attention`` (0: none). The score is read from all positions of the smallest map, or with ``pool`` from
    their mean or sum. Weights start from N(0, 0.02²), biases at 0, gains of batch norm from N(1, 0.02²).

    Raises ``UserError`` if a size is below 1, a side cannot be halved often enough, no map has the side that
    ``attention`` names, the norm or the pool is unknown, or the conditioning needs classes that are not there.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 256,
        norm: Norm2d = "batch",
        spectral_norm: bool = False,
        attention: int = 0,
        pool: Pool = "none",
        conditioning: DiscriminatorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        start, levels = plan_levels("SimpleCNNDiscriminator", shape, width=width)
        self.smallest, self.spans = start, pool == "none"
        self.pooled = pooling("SimpleCNNDiscriminator", pool)
        # From the picture to the smallest map: 3, 256, 512, 1024.
        seen = self.condition_on(conditioning, shape, classes)
        channels = [seen[0], *(width * 2**level for level in range(levels))]
        sides = [min(start) * 2**i for i in reversed(range(levels))]
        attend = attention_at("SimpleCNNDiscriminator", attention, sides)
        layers: list[nn.Module] = []
        for level, (before, after) in enumerate(pairwise(channels)):
            layers += [
                nn.Conv2d(before, after, 4, stride=2, padding=1),
                norm_2d("none" if level == 0 else norm, after),
                # In place is safe, also for double backward: convolutions and norms keep inputs, not outputs.
                nn.LeakyReLU(0.2, inplace=True),
                *attend(level, after),
            ]
        positions = start[0] * start[1] if self.spans else 1
        self.layers = nn.Sequential(*layers)
        if not self.end_in(channels[-1] * positions):
            self.layers.append(nn.Conv2d(channels[-1], 1, start if self.spans else 1))
        normal_weights(self)
        if spectral_norm:
            spectrally_normalised(self)

    def trunk(self, x: Tensor) -> Tensor:
        """Return the smallest map. Raises ValueError for pictures of another size than the network was made for."""
        layers = list(self.layers)
        for layer in layers if self.head is not None else layers[:-1]:
            x = layer(x)
        if x.shape[2:] != self.smallest:  # rather than score such pictures many times each
            raise ValueError(f"pictures of another size: their smallest map is {tuple(x.shape[2:])}")
        return x

    def features(self, maps: Tensor) -> Tensor:
        """Return what the score is read from, ``[N, feature_size]``."""
        return self.pooled(maps)

    def score(self, maps: Tensor) -> Tensor:
        """Return raw scores ``[N]`` by the last convolution, which spans the map or, behind a pool, one position."""
        seen = maps if self.spans else self.features(maps)[:, :, None, None]
        scores: Tensor = self.layers[-1](seen)
        return scores.reshape(len(maps))
