"""The convolutional pair that starts from a dense 2x2 map, with 5x5 kernels and dropout before the score.

Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks (2015),
arXiv:1511.06434, in the form of many tutorials.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganbench.layers.initialisation import normal_weights
from ganbench.layers.normalisation import Norm2d, norm_2d
from ganbench.layers.spectral import spectrally_normalised
from ganbench.layers.stochastic import Dropout
from ganbench.networks.shape_plan import plan_levels


class DenseDCGANGenerator(nn.Module):
    """Latent vectors ``[N, latent]`` -> pictures ``[N, C, H, W]`` in [-1, 1] (tanh).

    A linear layer to a start map whose shorter side is 2 or 3, then doublings by transposed 5x5 convolutions up
    to ``shape`` = ``(C, H, W)``. ``width`` is the number of channels of the largest hidden map; each smaller one
    has twice as many. For 32x32 at width 64: 512 channels at 2x2, 256 at 4x4, 128 at 8x8, 64 at 16x16, then the
    picture. Hidden maps pass a norm and a leaky ReLU of slope 0.2. Weights start from N(0, 0.02²), biases at 0,
    gains of batch norm from N(1, 0.02²).

    Raises ``UserError`` if a size is below 1, a side cannot be reached by doublings, or the norm is unknown.
    """

    def __init__(
        self, *, latent: int, shape: tuple[int, int, int], width: int = 64, norm: Norm2d = "batch"
    ) -> None:
        super().__init__()
        start, levels = plan_levels("DenseDCGANGenerator", shape, 2, latent=latent, width=width)
        channels = [*(width * 2**level for level in reversed(range(levels))), shape[0]]
        self.start = (channels[0], *start)
        self.first = nn.Linear(latent, channels[0] * start[0] * start[1])
        layers: list[nn.Module] = []
        for before, after in pairwise(channels):
            layers += [
                norm_2d(norm, before),
                nn.LeakyReLU(0.2, inplace=True),
                nn.ConvTranspose2d(before, after, 5, stride=2, padding=2, output_padding=1),
            ]
        self.layers = nn.Sequential(*layers)
        normal_weights(self)

    def forward(self, z: Tensor) -> Tensor:
        """Return pictures ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        return torch.tanh(self.layers(self.first(z).reshape(len(z), *self.start)))


class DenseDCGANDiscriminator(nn.Module):
    """Pictures ``[N, C, H, W]`` -> raw scores ``[N]``.

    The mirror image of ``DenseDCGANGenerator``. For 32x32 at width 64: 64 channels at 16x16, 128 at 8x8, 256 at
    4x4, 512 at 2x2, then a linear layer on all 2,048 numbers, of which ``dropout`` are silenced in training.
    Hidden maps pass a norm, save the first, and a leaky ReLU of slope 0.2. ``spectral_norm`` divides each weight
    by its largest singular value. Weights start as the generator's.

    Raises ``UserError`` if a size is below 1, a side cannot be halved often enough, the norm is unknown, or
    ``dropout`` is not in [0, 1).
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 64,
        norm: Norm2d = "batch",
        dropout: float = 0.4,
        spectral_norm: bool = False,
    ) -> None:
        super().__init__()
        smallest, levels = plan_levels("DenseDCGANDiscriminator", shape, 2, width=width)
        channels = [shape[0], *(width * 2**level for level in range(levels))]
        layers: list[nn.Module] = []
        for level, (before, after) in enumerate(pairwise(channels)):
            layers += [
                nn.Conv2d(before, after, 5, stride=2, padding=2),
                norm_2d("none" if level == 0 else norm, after),
                # In place is safe, also for double backward: convolutions and norms keep inputs, not outputs.
                nn.LeakyReLU(0.2, inplace=True),
            ]
        features = channels[-1] * smallest[0] * smallest[1]
        self.layers = nn.Sequential(*layers, nn.Flatten(), Dropout(dropout), nn.Linear(features, 1))
        normal_weights(self)
        if spectral_norm:
            spectrally_normalised(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return raw scores ``[N]`` for pictures ``[N, C, H, W]``."""
        scores: Tensor = self.layers(x)
        return scores.squeeze(1)
