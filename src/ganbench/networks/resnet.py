"""SN-GAN's residual pair, in the form that upsamples by depth-to-space and downsamples by space-to-depth.

Spectral Normalization for Generative Adversarial Networks (2018), arXiv:1802.05957, with the blocks of
Improved Training of Wasserstein GANs (2017), arXiv:1704.00028.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import ConditionalSequential, DiscriminatorConditioning, GeneratorConditioning
from ganbench.layers.attention import attention_factory
from ganbench.layers.initialisation import init_orthogonal, init_zero_biases
from ganbench.layers.normalisation import Norm2d
from ganbench.layers.pooling import Pool, pool_function
from ganbench.layers.spectral import apply_spectral_norm
from ganbench.networks.base import Generator, MapDiscriminator
from ganbench.networks.residual_block import DownBlock, UpBlock
from ganbench.networks.shape_plan import plan_levels


class ResNetGenerator(Generator):
    """Latent vectors ``[N, latent]`` -> images ``[N, C, H, W]`` in [-1, 1] (tanh).

    A linear layer to a start map of ``2 * width`` channels whose shorter side is 4 to 7; a block of ``width`` channels
    for each doubling up to ``shape`` = ``(C, H, W)`` (three for 32x32); then norm, ReLU and a 3x3 convolution.
    ``spectral_norm`` divides each weight by its largest singular value. Self-attention follows the block whose output
    has ``attention`` as its shorter side (0: none). Weights start with torch's default initialisation, biases at 0.

    Raises ``UserError`` if a size is below 1, a side cannot be reached by doublings, no block's map has the side
    ``attention``, the norm is unknown, or the conditioning needs classes or norms that do not exist.
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
        size = self.set_conditioning(conditioning, latent, classes)
        self.start_shape = (2 * width, *start)
        self.first = nn.Linear(size, 2 * width * start[0] * start[1])
        make_attention = attention_factory(
            "ResNetGenerator", attention, [min(start) * 2 ** (i + 1) for i in range(levels)]
        )
        plane, extra_channels = self.make_plane_input(start)
        blocks: list[nn.Module] = [*plane]
        for level in range(levels):
            in_channels = width if level else 2 * width + extra_channels
            norms = self.norm_2d(norm, in_channels), self.norm_2d(norm, width)
            blocks += [UpBlock(in_channels, width, *norms), *make_attention(level, width)]
        self.layers = ConditionalSequential(
            *blocks, self.norm_2d(norm, width), nn.ReLU(), nn.Conv2d(width, shape[0], 3, padding=1)
        )
        init_zero_biases(self)
        if spectral_norm:
            apply_spectral_norm(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return images ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        start_map = self.first(self.condition_latent(z, condition)).unflatten(1, self.start_shape)
        return torch.tanh(self.layers(start_map, condition))


class ResNetDiscriminator(MapDiscriminator):
    """Images ``[N, C, H, W]`` -> raw scores ``[N]``.

    A 3x3 convolution and ReLU; a block of ``width`` channels for each halving, down to a map whose shorter side is 4 to
    7 (three for 32x32); and a linear layer on the mean of all positions, or with ``pool`` on their sum or on all of
    them. Unlike in the paper, every block halves the map, no block starts with a ReLU, and no ReLU follows the last
    block. By default there is no norm. ``spectral_norm`` divides each weight by its largest singular value.
    Self-attention follows the block whose output has ``attention`` as its shorter side (0: none). Weights start with
    torch's default initialisation or ``orthogonal``, biases at 0.

    Raises ``UserError`` if a size is below 1, a side cannot be halved often enough, no block's map has the side
    ``attention``, the norm or the pool is unknown, or the conditioning needs classes that do not exist.
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
        self.map_size, levels = plan_levels("ResNetDiscriminator", shape, width=width)
        self.pool = pool_function("ResNetDiscriminator", pool)
        image_channels, *_ = self.set_conditioning(conditioning, shape, classes)
        sides = [min(self.map_size) * 2**i for i in reversed(range(levels))]
        make_attention = attention_factory("ResNetDiscriminator", attention, sides)
        layers: list[nn.Module] = [nn.Conv2d(image_channels, width, 3, padding=1), nn.ReLU()]
        for level in range(levels):
            layers += [DownBlock(width, norm), *make_attention(level, width)]
        self.layers = nn.Sequential(*layers)
        features = width * (self.map_size[0] * self.map_size[1] if pool == "none" else 1)
        if not self.add_head(features):
            self.last = nn.Linear(features, 1)
        if orthogonal:
            init_orthogonal(self)
        init_zero_biases(self)
        if spectral_norm:
            apply_spectral_norm(self)
