"""Residual networks without norms, which start as almost the identity.

The GAN is dead; long live the GAN! A Modern GAN Baseline (2025), arXiv:2501.05441, whose first weights are those of
Fixup Initialization: Residual Learning Without Normalization (2019), arXiv:1901.09321. Smaller than the paper's: one
block a level, and a linear layer in place of the basis and of the last depthwise convolution.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganbench.conditioning.base import DiscriminatorConditioning, GeneratorConditioning
from ganbench.errors import UserError
from ganbench.layers.initialisation import zero_biases
from ganbench.layers.pooling import pooling
from ganbench.networks.base import Generator, MapDiscriminator
from ganbench.networks.shape_plan import plan_levels

_SLOPE = 0.2


class FixupResNetGenerator(Generator):
    """Latent vectors ``[N, latent]`` -> pictures ``[N, C, H, W]`` in [-1, 1] (tanh).

    A linear layer to a start map whose shorter side is 4 to 7; for it and after each doubling (bilinear) up to
    ``shape`` = ``(C, H, W)`` a residual block; then a 1x1 convolution. ``width`` is the number of channels of the
    largest map; each smaller one has twice as many, at most ``8 * width``. A block is x + a convolution of 1x1, one of
    3x3 and one of 1x1, each but the last followed by a leaky ReLU of slope .2; its last weights start at 0, the others
    are those that keep variance, divided by the fourth root of the number of blocks.

    Raises ``UserError`` if a size is below 1, a side cannot be reached by doublings, or the conditioning needs classes
    that are not there, or norms, of which there are none.
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
        size = self.condition_on(conditioning, latent, classes)
        if self.conditioning.needs_condition and self.input is None:
            raise UserError(
                f"FixupResNetGenerator has no norms and no first map of its own to tell classes by, so "
                f"{type(self.conditioning).__name__} cannot act; set networks.G.conditioning=OneHot"
            )
        channels = [width * min(8, 2**level) for level in reversed(range(levels + 1))]
        self.start = (channels[0], *start)
        self.first = nn.Linear(size, channels[0] * start[0] * start[1])
        layers: list[nn.Module] = [_Block(channels[0], levels + 1)]
        for before, after in itertools.pairwise(channels):
            layers += [_Up(before, after), _Block(after, levels + 1)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels[-1], shape[0], 1))
        zero_biases(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return pictures ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        first = self.first(self.joined(z, condition)).reshape(len(z), *self.start)
        return torch.tanh(self.layers(first))


class FixupResNetDiscriminator(MapDiscriminator):
    """Pictures ``[N, C, H, W]`` -> raw scores ``[N]``: the generator's mirror.

    A 1x1 convolution to ``width`` channels; a residual block and a halving (mean of 2x2) for each level down to a map
    whose shorter side is 4 to 7; a last block, and the score of all positions.

    Raises ``UserError`` if a size is below 1, a side cannot be halved often enough, or the conditioning needs classes
    that are not there.
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
        self.smallest, levels = plan_levels("FixupResNetDiscriminator", shape, width=width)
        self.pooled = pooling("FixupResNetDiscriminator", "none")
        seen = self.condition_on(conditioning, shape, classes)
        channels = [width * min(8, 2**level) for level in range(levels + 1)]
        layers: list[nn.Module] = [nn.Conv2d(seen[0], width, 1)]
        for before, after in itertools.pairwise(channels):
            layers += [_Block(before, levels + 1), nn.AvgPool2d(2)]
            layers += [nn.Conv2d(before, after, 1, bias=False)] if after != before else []
        self.layers = nn.Sequential(*layers, _Block(channels[-1], levels + 1), nn.LeakyReLU(_SLOPE))
        features = channels[-1] * self.smallest[0] * self.smallest[1]
        if not self.end_in(features):
            self.last = nn.Linear(features, 1)
        zero_biases(self)


class _Block(nn.Module):
    """Maps ``[N, C, H, W]`` -> x + f(x), where f is 0 at first; ``blocks`` is how many such follow one another."""

    def __init__(self, channels: int, blocks: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(channels, channels, 1),
            nn.LeakyReLU(_SLOPE),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.LeakyReLU(_SLOPE),
            nn.Conv2d(channels, channels, 1, bias=False),
        )
        for number in (0, 2):
            weight = self.inner[number].get_parameter("weight")
            nn.init.kaiming_normal_(weight, _SLOPE)
            with torch.no_grad():
                weight.div_(blocks**0.25)
        nn.init.zeros_(self.inner[4].get_parameter("weight"))

    def forward(self, x: Tensor) -> Tensor:
        inner: Tensor = self.inner(x)
        return x + inner


class _Up(nn.Module):
    """Maps ``[N, before, H, W]`` -> ``[N, after, 2 * H, 2 * W]``: other channels if need be, then bilinear doubling."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.mixed = nn.Conv2d(before, after, 1, bias=False) if after != before else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return interpolate(self.mixed(x), scale_factor=2, mode="bilinear", align_corners=False)
