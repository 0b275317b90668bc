"""The residual blocks of SN-GAN's networks: up for a generator, down for a discriminator.

Spectral Normalization for Generative Adversarial Networks (2018), arXiv:1802.05957.
"""

from __future__ import annotations

from torch import Tensor, nn

from ganbench.conditioning.base import ConditionalLayer, Layers
from ganbench.layers.normalisation import Norm2d, norm_2d
from ganbench.layers.resampling import depth_to_space_up, space_to_depth_down


class BlockUp(ConditionalLayer):
    """Maps ``[N, before, H, W]`` -> ``[N, after, 2 * H, 2 * W]``: two convolutions beside a short cut."""

    def __init__(self, before: int, after: int, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.inner = Layers(
            first,
            nn.ReLU(),
            nn.Conv2d(before, after, 3, padding=1),
            second,
            nn.ReLU(inplace=True),
        )
        self.outer = nn.Conv2d(after, after, 3, padding=1)
        self.short_cut = nn.Conv2d(before, after, 1)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return the block's maps; norms by class are given the condition."""
        # A 1x1 convolution treats each position alone: before the upsampling it does the same on a quarter of them.
        short_cut = depth_to_space_up(self.short_cut(x))
        outer: Tensor = self.outer(depth_to_space_up(self.inner(x, condition)))
        return outer + short_cut


class BlockDown(nn.Module):
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
        """Return the block's maps."""
        outer: Tensor = self.outer(space_to_depth_down(self.inner(x)))
        short_cut: Tensor = self.short_cut(space_to_depth_down(x))
        return outer + short_cut
