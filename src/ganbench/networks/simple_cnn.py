"""The plain DCGAN-like pair: each level halves or doubles the map, one 4x4 convolution a level.

Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks (2015),
arXiv:1511.06434, in the form with one convolution, as large as the smallest map, between it and the vector.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganbench.networks.layers.initialisation import normal_weights
from ganbench.networks.layers.normalisation import Norm2d, norm_2d
from ganbench.networks.layers.spectral import spectrally_normalised
from ganbench.networks.levels import plan_levels


class SimpleCNNGenerator(nn.Module):
    """Latent vectors ``[N, latent]`` -> pictures ``[N, C, H, W]`` in [-1, 1] (tanh).

    A start map whose shorter side is 4 to 7, then doublings up to ``shape`` = ``(C, H, W)``. ``width`` is the
    number of channels of the largest hidden map; each smaller one has twice as many. For 32x32 at width 256:
    1024 channels at 4x4, 512 at 8x8, 256 at 16x16, then the picture. Hidden maps pass a norm and a ReLU.
    ``spectral_norm`` divides each weight by its largest singular value.
    Weights start from N(0, 0.02²), biases at 0, gains of batch norm from N(1, 0.02²).

    Raises ``UserError`` if a size is below 1, a side cannot be reached by doublings, or the norm is unknown.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, int, int],
        width: int = 256,
        norm: Norm2d = "batch",
        spectral_norm: bool = False,
    ) -> None:
        super().__init__()
        start, levels = plan_levels("SimpleCNNGenerator", shape, latent=latent, width=width)
        # From the smallest map to the picture: 1024, 512, 256, 3.
        channels = [*(width * 2**level for level in reversed(range(levels))), shape[0]]
        layers: list[nn.Module] = [nn.ConvTranspose2d(latent, channels[0], start)]
        for before, after in pairwise(channels):
            layers += [
                norm_2d(norm, before),
                nn.ReLU(inplace=True),
                nn.ConvTranspose2d(before, after, 4, stride=2, padding=1),
            ]
        self.layers = nn.Sequential(*layers)
        normal_weights(self)
        if spectral_norm:
            spectrally_normalised(self)

    def forward(self, z: Tensor) -> Tensor:
        """Return pictures ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        return torch.tanh(self.layers(z[:, :, None, None]))


class SimpleCNNDiscriminator(nn.Module):
    """Pictures ``[N, C, H, W]`` -> raw scores ``[N]``.

    The mirror image of ``SimpleCNNGenerator``. For 32x32 at width 256: 256 channels at 16x16, 512 at 8x8,
    1024 at 4x4, then the score. Hidden maps pass a norm, save the first, and a leaky ReLU of slope 0.2.
    ``spectral_norm`` divides each weight by its largest singular value. Weights start from N(0, 0.02²),
    biases at 0, gains of batch norm from N(1, 0.02²).

    Raises ``UserError`` if a size is below 1, a side cannot be halved often enough, or the norm is unknown.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 256,
        norm: Norm2d = "batch",
        spectral_norm: bool = False,
    ) -> None:
        super().__init__()
        start, levels = plan_levels("SimpleCNNDiscriminator", shape, width=width)
        # From the picture to the smallest map: 3, 256, 512, 1024.
        channels = [shape[0], *(width * 2**level for level in range(levels))]
        layers: list[nn.Module] = []
        for level, (before, after) in enumerate(pairwise(channels)):
            layers += [
                nn.Conv2d(before, after, 4, stride=2, padding=1),
                norm_2d("none" if level == 0 else norm, after),
                # In place is safe, also for double backward: convolutions and norms keep inputs, not outputs.
                nn.LeakyReLU(0.2, inplace=True),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels[-1], 1, start))
        normal_weights(self)
        if spectral_norm:
            spectrally_normalised(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return raw scores ``[N]`` for pictures ``[N, C, H, W]``."""
        # Not flatten(): pictures of a wrong size are refused here rather than scored many times each.
        scores: Tensor = self.layers(x)
        return scores.reshape(len(x))
