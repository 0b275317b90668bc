"""The residual pair of SN-GAN in the form with depth-to-space up and space-to-depth down.

Spectral Normalization for Generative Adversarial Networks (2018), arXiv:1802.05957, whose blocks are those of
Improved Training of Wasserstein GANs (2017), arXiv:1704.00028.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from ganbench.errors import UserError, did_you_mean
from ganbench.networks.layers.initialisation import zero_biases
from ganbench.networks.layers.normalisation import Norm2d, norm_2d
from ganbench.networks.layers.resampling import depth_to_space_up, space_to_depth_down
from ganbench.networks.layers.spectral import spectrally_normalised
from ganbench.networks.levels import plan_levels

Pool = Literal["mean", "sum"]
"""How a map's positions become one number a channel."""


class ResNetGenerator(nn.Module):
    """Latent vectors ``[N, latent]`` -> pictures ``[N, C, H, W]`` in [-1, 1] (tanh).

    A linear layer to a start map of ``2 * width`` channels, whose shorter side is 4 to 7, then one block of
    ``width`` channels for each doubling up to ``shape`` = ``(C, H, W)`` (three for 32x32), then norm, ReLU and a
    3x3 convolution. ``spectral_norm`` divides each weight by its largest singular value. Weights start as torch
    draws them, biases at 0.

    Raises ``UserError`` if a size is below 1, a side cannot be reached by doublings, or the norm is unknown.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, int, int],
        width: int = 128,
        norm: Norm2d = "batch",
        spectral_norm: bool = False,
    ) -> None:
        super().__init__()
        start, levels = plan_levels("ResNetGenerator", shape, latent=latent, width=width)
        self.start = (2 * width, *start)
        self.first = nn.Linear(latent, 2 * width * start[0] * start[1])
        blocks = [_BlockUp(width if level else 2 * width, width, norm) for level in range(levels)]
        self.layers = nn.Sequential(
            *blocks, norm_2d(norm, width), nn.ReLU(), nn.Conv2d(width, shape[0], 3, padding=1)
        )
        zero_biases(self)
        if spectral_norm:
            spectrally_normalised(self)

    def forward(self, z: Tensor) -> Tensor:
        """Return pictures ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        return torch.tanh(self.layers(self.first(z).reshape(len(z), *self.start)))


class ResNetDiscriminator(nn.Module):
    """Pictures ``[N, C, H, W]`` -> raw scores ``[N]``.

    A 3x3 convolution and ReLU, one block of ``width`` channels for each halving down to a map whose shorter side
    is 4 to 7 (three for 32x32), the mean (or ``pool="sum"``) over its positions, and a linear layer. Unlike the
    paper's, every block halves, none starts with a ReLU, and none follows the last. No norm unless asked for.
    ``spectral_norm`` divides each weight by its largest singular value. Weights start as torch draws them,
    biases at 0.

    Raises ``UserError`` if a size is below 1, a side cannot be halved often enough, or the norm or the pool is
    unknown.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 128,
        norm: Norm2d = "none",
        spectral_norm: bool = False,
        pool: Pool = "mean",
    ) -> None:
        super().__init__()
        self.smallest, levels = plan_levels("ResNetDiscriminator", shape, width=width)
        if pool not in get_args(Pool):
            raise UserError(f"ResNetDiscriminator: unknown pool '{pool}'{did_you_mean(pool, get_args(Pool))}")
        self.pool = pool
        self.layers = nn.Sequential(
            nn.Conv2d(shape[0], width, 3, padding=1),
            nn.ReLU(),
            *(_BlockDown(width, norm) for _ in range(levels)),
        )
        self.last = nn.Linear(width, 1)
        zero_biases(self)
        if spectral_norm:
            spectrally_normalised(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return raw scores ``[N]`` for pictures ``[N, C, H, W]``."""
        maps: Tensor = self.layers(x)
        if maps.shape[2:] != self.smallest:  # pooling would take any size
            raise ValueError(f"pictures of another size: their smallest map is {tuple(maps.shape[2:])}")
        features = maps.sum((2, 3)) if self.pool == "sum" else maps.mean((2, 3))
        scores: Tensor = self.last(features)
        return scores.squeeze(1)


class _BlockUp(nn.Module):
    """Maps ``[N, before, H, W]`` -> ``[N, after, 2 * H, 2 * W]``: two convolutions beside a short cut."""

    def __init__(self, before: int, after: int, norm: Norm2d) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            norm_2d(norm, before),
            nn.ReLU(),
            nn.Conv2d(before, after, 3, padding=1),
            norm_2d(norm, after),
            nn.ReLU(inplace=True),
        )
        self.outer = nn.Conv2d(after, after, 3, padding=1)
        self.short_cut = nn.Conv2d(before, after, 1)

    def forward(self, x: Tensor) -> Tensor:
        # A 1x1 convolution treats each position alone: before the upsampling it does the same on a quarter of them.
        short_cut = depth_to_space_up(self.short_cut(x))
        outer: Tensor = self.outer(depth_to_space_up(self.inner(x)))
        return outer + short_cut


class _BlockDown(nn.Module):
    """Maps ``[N, width, H, W]`` -> ``[N, width, H / 2, W / 2]``: two convolutions beside a short cut."""

    def __init__(self, width: int, norm: Norm2d) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            norm_2d(norm, width),
            nn.Conv2d(width, width, 3, padding=1),
            norm_2d(norm, width),
            nn.ReLU(inplace=True),
        )
        self.outer = nn.Conv2d(width, width, 3, padding=1)
        self.short_cut = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        outer: Tensor = self.outer(space_to_depth_down(self.inner(x)))
        short_cut: Tensor = self.short_cut(space_to_depth_down(x))
        return outer + short_cut
