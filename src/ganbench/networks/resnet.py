"""The residual pair of SN-GAN in the form with depth-to-space up and space-to-depth down.

Spectral Normalization for Generative Adversarial Networks (2018), arXiv:1802.05957, whose blocks are those of
Improved Training of Wasserstein GANs (2017), arXiv:1704.00028.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning, GeneratorConditioning, Layers
from ganbench.layers.attention import attention_at
from ganbench.layers.initialisation import orthogonal_weights, zero_biases
from ganbench.layers.normalisation import Norm2d
from ganbench.layers.pooling import Pool, pooling
from ganbench.layers.spectral import spectrally_normalised
from ganbench.networks.base import Generator, MapDiscriminator
from ganbench.networks.residual_block import BlockDown, BlockUp
from ganbench.networks.shape_plan import plan_levels


class ResNetGenerator(Generator):
    """Latent vectors ``[N, latent]`` -> pictures ``[N, C, H, W]`` in [-1, 1] (tanh).

    A linear layer to a start map of ``2 * width`` channels, whose shorter side is 4 to 7, then one block of
    ``width`` channels for each doubling up to ``shape`` = ``(C, H, W)`` (three for 32x32), then norm, ReLU and a
    3x3 convolution. ``spectral_norm`` divides each weight by its largest singular value. Self-attention follows the
    block that makes a map whose shorter side is ``attention`` (0: none). Weights start as torch draws them, biases
    at 0.

    Raises ``UserError`` if a size is below 1, a side cannot be reached by doublings, no block's map has the side that
    ``attention`` names, the norm is unknown, or the conditioning needs classes or norms that are not there.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, int, int],
        width: int = 128,
        norm: Norm2d = "batch",
        spectral_norm: bool = False,
        attention: int = 0,
        conditioning: GeneratorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        start, levels = plan_levels("ResNetGenerator", shape, latent=latent, width=width)
        size = self.condition_on(conditioning, latent, classes)
        self.start = (2 * width, *start)
        self.first = nn.Linear(size, 2 * width * start[0] * start[1])
        attend = attention_at(
            "ResNetGenerator", attention, [min(start) * 2 ** (i + 1) for i in range(levels)]
        )
        plane, added = self.plane(start)
        blocks: list[nn.Module] = [*plane]
        for level in range(levels):
            before = width if level else 2 * width + added
            norms = self.norm_2d(norm, before), self.norm_2d(norm, width)
            blocks += [BlockUp(before, width, *norms), *attend(level, width)]
        self.layers = Layers(
            *blocks, self.norm_2d(norm, width), nn.ReLU(), nn.Conv2d(width, shape[0], 3, padding=1)
        )
        zero_biases(self)
        if spectral_norm:
            spectrally_normalised(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return pictures ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        first = self.first(self.joined(z, condition)).reshape(len(z), *self.start)
        return torch.tanh(self.layers(first, condition))


class ResNetDiscriminator(MapDiscriminator):
    """Pictures ``[N, C, H, W]`` -> raw scores ``[N]``.

    A 3x3 convolution and ReLU, one block of ``width`` channels for each halving down to a map whose shorter side
    is 4 to 7 (three for 32x32), the mean (``pool``: or the sum, or all) of its positions, a linear layer. Unlike the
    paper's, every block halves, none starts with a ReLU, and none follows the last. No norm unless asked for.
    ``spectral_norm`` divides each weight by its largest singular value. Self-attention follows the block that makes a
    map whose shorter side is ``attention`` (0: none). Weights start as torch draws them or
    ``orthogonal``, biases at 0.

    Raises ``UserError`` if a size is below 1, a side cannot be halved often enough, no block's map has the side that
    ``attention`` names, the norm or the pool is unknown, or the conditioning needs classes that are not there.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 128,
        norm: Norm2d = "none",
        spectral_norm: bool = False,
        pool: Pool = "mean",
        attention: int = 0,
        orthogonal: bool = False,
        conditioning: DiscriminatorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.smallest, levels = plan_levels("ResNetDiscriminator", shape, width=width)
        self.pooled = pooling("ResNetDiscriminator", pool)
        seen = self.condition_on(conditioning, shape, classes)
        sides = [min(self.smallest) * 2**i for i in reversed(range(levels))]
        attend = attention_at("ResNetDiscriminator", attention, sides)
        layers: list[nn.Module] = [nn.Conv2d(seen[0], width, 3, padding=1), nn.ReLU()]
        for level in range(levels):
            layers += [BlockDown(width, norm), *attend(level, width)]
        self.layers = nn.Sequential(*layers)
        features = width * (self.smallest[0] * self.smallest[1] if pool == "none" else 1)
        if not self.end_in(features):
            self.last = nn.Linear(features, 1)
        if orthogonal:
            orthogonal_weights(self)
        zero_biases(self)
        if spectral_norm:
            spectrally_normalised(self)
