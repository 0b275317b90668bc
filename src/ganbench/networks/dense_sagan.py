"""A pair with self-attention and 5x5 kernels; G starts from a dense 2x2 map and enlarges it by nearest upsampling.

Self-Attention Generative Adversarial Networks (2018), arXiv:1805.08318, in the form of
vineeths96/Generative-Adversarial-Networks-GANs. Only the 5x5 convolutions have spectral norm.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import ConditionalSequential, DiscriminatorConditioning, GeneratorConditioning
from ganbench.layers.attention import attention_factory
from ganbench.layers.initialisation import init_normal
from ganbench.layers.normalisation import Norm2d, norm_2d
from ganbench.layers.spectral import apply_spectral_norm
from ganbench.networks.base import Generator, VectorDiscriminator
from ganbench.networks.shape_plan import plan_levels


class DenseSAGANGenerator(Generator):
    """Latent vectors ``[N, latent]`` -> images ``[N, C, H, W]`` in [-1, 1] (tanh).

    A linear layer with ReLU to a start map whose shorter side is 2 or 3; a norm, a leaky ReLU of slope 0.2 and, with a
    conditioning, a plane for the class; then nearest upsampling and a 5x5 convolution with spectral norm for each
    doubling up to ``shape`` = ``(C, H, W)``. The largest hidden map has ``width`` channels; halving the sides doubles
    them (64: 512 at 2x2 for 32x32). A norm and a leaky ReLU follow each hidden map. Self-attention of full width
    follows the hidden map whose shorter side is ``attention`` (0: none). Weights start from N(0, 0.02²), biases at 0,
    gains of batch norm from N(1, 0.02²).

    Raises ``UserError`` if a size is below 1, a side cannot be reached by doublings, no hidden map has the side
    ``attention``, the norm is unknown, or the conditioning needs classes or norms that do not exist.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, int, int],
        width: int = 64,
        norm: Norm2d = "batch",
        attention: int = 16,
        conditioning: GeneratorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        start, levels = plan_levels("DenseSAGANGenerator", shape, 2, latent=latent, width=width)
        size = self.set_conditioning(conditioning, latent, classes)
        channels = [*(width * 2**level for level in reversed(range(levels))), shape[0]]
        sides = [min(start) * 2**level for level in range(levels)]
        make_attention = attention_factory("DenseSAGANGenerator", attention, sides, full_width=True)
        plane, extra_channels = self.make_plane_input(start)
        self.start_shape = (channels[0], *start)
        self.first = nn.Sequential(nn.Linear(size, channels[0] * start[0] * start[1]), nn.ReLU())
        layers: list[nn.Module] = []
        for level, (in_channels, out_channels) in enumerate(pairwise(channels)):
            layers += [
                self.norm_2d(norm, in_channels),
                nn.LeakyReLU(0.2, inplace=True),
                *make_attention(level, in_channels),
                *([] if level else plane),
                nn.Upsample(scale_factor=2, mode="nearest"),
                _convolution(in_channels + (0 if level else extra_channels), out_channels, stride=1),
            ]
        self.layers = ConditionalSequential(*layers)
        init_normal(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return images ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        start_map = self.first(self.condition_latent(z, condition)).unflatten(1, self.start_shape)
        return torch.tanh(self.layers(start_map, condition))


class DenseSAGANDiscriminator(VectorDiscriminator):
    """Images ``[N, C, H, W]`` -> raw scores ``[N]``.

    5x5 convolutions of stride 2 with spectral norm, down to a map whose shorter side is 2 or 3, to ``width`` channels
    that double at each level; then a linear layer on all positions, or the conditioning's head. A leaky ReLU of slope
    0.2 follows each convolution, after a norm for all but the first. Self-attention of full width follows the map whose
    shorter side is ``attention`` (0: none). Weights start like the generator's.

    Raises ``UserError`` if a size is below 1, a side cannot be halved often enough, no map has the side ``attention``,
    the norm is unknown, or the conditioning needs classes that do not exist.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 64,
        norm: Norm2d = "batch",
        attention: int = 16,
        conditioning: DiscriminatorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        map_size, levels = plan_levels("DenseSAGANDiscriminator", shape, 2, width=width)
        image_channels, *_ = self.set_conditioning(conditioning, shape, classes)
        channels = [image_channels, *(width * 2**level for level in range(levels))]
        sides = [min(map_size) * 2**level for level in reversed(range(levels))]
        make_attention = attention_factory("DenseSAGANDiscriminator", attention, sides, full_width=True)
        layers: list[nn.Module] = []
        for level, (in_channels, out_channels) in enumerate(pairwise(channels)):
            layers += [
                _convolution(in_channels, out_channels, stride=2),
                norm_2d("none" if level == 0 else norm, out_channels),
                # In place is safe, also for double backward: convolutions and norms save inputs, not outputs.
                nn.LeakyReLU(0.2, inplace=True),
                *make_attention(level, out_channels),
            ]
        self.layers = nn.Sequential(*layers, nn.Flatten())
        features = channels[-1] * map_size[0] * map_size[1]
        if not self.add_head(features):
            self.last = nn.Linear(features, 1)
        init_normal(self)


def _convolution(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    return apply_spectral_norm(nn.Conv2d(in_channels, out_channels, 5, stride=stride, padding=2))
