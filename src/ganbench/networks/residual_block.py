"""SN-GAN's residual blocks: upsampling for a generator, downsampling for a discriminator.

Spectral Normalization for Generative Adversarial Networks (2018), arXiv:1802.05957.
"""

from __future__ import annotations

from torch import Tensor, nn

from ganbench.conditioning.base import ConditionalLayer, ConditionalSequential
from ganbench.layers.normalisation import Norm2d, norm_2d
from ganbench.layers.resampling import downsample, upsample


class UpBlock(ConditionalLayer):
    """Maps ``[N, in_channels, H, W]`` -> ``[N, out_channels, 2 * H, 2 * W]``: two convolutions plus a shortcut."""

    def __init__(self, in_channels: int, out_channels: int, norm_1: nn.Module, norm_2: nn.Module) -> None:
        super().__init__()
        self.inner = ConditionalSequential(
            norm_1,
            nn.ReLU(),
            nn.Conv2d(in_channels, out_channels, 3, padding=1),
            norm_2,
            nn.ReLU(inplace=True),
        )
        self.outer = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.short_cut = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return the block's output; conditional norms receive the condition."""
        # The 1x1 convolution commutes with upsampling; before it, it has a quarter of the positions to process.
        short_cut = upsample(self.short_cut(x))
        outer: Tensor = self.outer(upsample(self.inner(x, condition)))
        return outer + short_cut


class DownBlock(nn.Module):
    """Maps ``[N, width, H, W]`` -> ``[N, width, H / 2, W / 2]``: two convolutions plus a shortcut."""

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
        """Return the block's output."""
        outer: Tensor = self.outer(downsample(self.inner(x)))
        short_cut: Tensor = self.short_cut(downsample(x))
        return outer + short_cut
