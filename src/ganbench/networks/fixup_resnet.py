"""Residual networks without norms that start close to the identity.

The GAN is dead; long live the GAN! A Modern GAN Baseline (2025), arXiv:2501.05441, with the initialisation of
Fixup Initialization: Residual Learning Without Normalization (2019), arXiv:1901.09321. Smaller than in the paper: one
block per level, and linear layers instead of the learned basis and of the last depthwise convolution.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganbench.conditioning.base import DiscriminatorConditioning, GeneratorConditioning
from ganbench.errors import UserError
from ganbench.layers.initialisation import init_zero_biases
from ganbench.layers.pooling import pool_function
from ganbench.networks.base import Generator, MapDiscriminator
from ganbench.networks.shape_plan import plan_levels

_SLOPE = 0.2


class FixupResNetGenerator(Generator):
    """Latent vectors ``[N, latent]`` -> images ``[N, C, H, W]`` in [-1, 1] (tanh).

    A linear layer to a start map whose shorter side is 4 to 7; bilinear doublings up to ``shape`` = ``(C, H, W)``, with
    a residual block at each size; and a 1x1 convolution. The largest map has ``width`` channels; halving the sides
    doubles them, up to ``8 * width``. A block is x + f(x), where f has a 1x1, a 3x3 and a 1x1
    convolution with leaky ReLUs of slope 0.2 in between. Its last weights start at 0; the others keep the variance,
    divided by the fourth root of the number of blocks.

    Raises ``UserError`` if a size is below 1, a side cannot be reached by doublings, or the conditioning needs classes
    that do not exist, or norms, of which there are none.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, int, int],
        width: int = 64,
        conditioning: GeneratorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        start, levels = plan_levels("FixupResNetGenerator", shape, latent=latent, width=width)
        size = self.set_conditioning(conditioning, latent, classes)
        if self.conditioning.needs_condition and self.input is None:
            raise UserError(
                f"FixupResNetGenerator accepts classes only at its input, so {type(self.conditioning).__name__} "
                "cannot act; set networks.G.conditioning=OneHot"
            )
        channels = [width * min(8, 2**level) for level in reversed(range(levels + 1))]
        self.start_shape = (channels[0], *start)
        self.first = nn.Linear(size, channels[0] * start[0] * start[1])
        layers: list[nn.Module] = [_FixupBlock(channels[0], levels + 1)]
        for in_channels, out_channels in itertools.pairwise(channels):
            layers += [_Upsample(in_channels, out_channels), _FixupBlock(out_channels, levels + 1)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels[-1], shape[0], 1))
        init_zero_biases(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return images ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        start_map = self.first(self.condition_latent(z, condition)).unflatten(1, self.start_shape)
        return torch.tanh(self.layers(start_map))


class FixupResNetDiscriminator(MapDiscriminator):
    """Images ``[N, C, H, W]`` -> raw scores ``[N]``: the mirror image of ``FixupResNetGenerator``.

    A 1x1 convolution to ``width`` channels; a residual block and a halving (2x2 average pooling) per level, down to a
    map whose shorter side is 4 to 7; a last block; and a linear layer on all positions.

    Raises ``UserError`` if a size is below 1, a side cannot be halved often enough, or the conditioning needs classes
    that do not exist.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 64,
        conditioning: DiscriminatorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.map_size, levels = plan_levels("FixupResNetDiscriminator", shape, width=width)
        self.pool = pool_function("FixupResNetDiscriminator", "none")
        image_channels, *_ = self.set_conditioning(conditioning, shape, classes)
        channels = [width * min(8, 2**level) for level in range(levels + 1)]
        layers: list[nn.Module] = [nn.Conv2d(image_channels, width, 1)]
        for in_channels, out_channels in itertools.pairwise(channels):
            layers += [_FixupBlock(in_channels, levels + 1), nn.AvgPool2d(2)]
            if out_channels != in_channels:
                layers.append(nn.Conv2d(in_channels, out_channels, 1, bias=False))
        self.layers = nn.Sequential(*layers, _FixupBlock(channels[-1], levels + 1), nn.LeakyReLU(_SLOPE))
        features = channels[-1] * self.map_size[0] * self.map_size[1]
        if not self.add_head(features):
            self.last = nn.Linear(features, 1)
        init_zero_biases(self)


class _FixupBlock(nn.Module):
    """Maps ``[N, C, H, W]`` -> x + f(x), where f is initially 0; the network has ``block_count`` blocks."""

    def __init__(self, channels: int, block_count: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(channels, channels, 1),
            nn.LeakyReLU(_SLOPE),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.LeakyReLU(_SLOPE),
            nn.Conv2d(channels, channels, 1, bias=False),
        )
        for index in (0, 2):
            weight = self.inner[index].get_parameter("weight")
            nn.init.kaiming_normal_(weight, _SLOPE)
            with torch.no_grad():
                weight.div_(block_count**0.25)
        nn.init.zeros_(self.inner[4].get_parameter("weight"))

    def forward(self, x: Tensor) -> Tensor:
        residual: Tensor = self.inner(x)
        return x + residual


class _Upsample(nn.Module):
    """Maps ``[N, in, H, W]`` -> ``[N, out, 2 * H, 2 * W]``: a 1x1 convolution if channels change, then bilinear."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.mixed: nn.Module = nn.Identity()
        if out_channels != in_channels:
            self.mixed = nn.Conv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return interpolate(self.mixed(x), scale_factor=2, mode="bilinear", align_corners=False)
