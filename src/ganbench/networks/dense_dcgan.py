"""A DCGAN pair that starts from a dense 2x2 map, with 5x5 kernels and dropout before the score.

Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks (2015),
arXiv:1511.06434, in the form of many tutorials.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganbench.layers.initialisation import init_normal
from ganbench.layers.normalisation import Norm2d, norm_2d
from ganbench.layers.spectral import apply_spectral_norm
from ganbench.layers.stochastic import Dropout
from ganbench.networks.shape_plan import plan_levels


class DenseDCGANGenerator(nn.Module):
    """Latent vectors ``[N, latent]`` -> images ``[N, C, H, W]`` in [-1, 1] (tanh).

    A linear layer to a start map whose shorter side is 2 or 3, then transposed 5x5 convolutions that double the sides
    up to ``shape`` = ``(C, H, W)``. The largest hidden map has ``width`` channels; halving the sides doubles them. For
    32x32 at width 64: 512 channels at 2x2, 256 at 4x4, 128 at 8x8, 64 at 16x16, then the image. A norm and a leaky ReLU
    of slope 0.2 follow each hidden map. Weights start from N(0, 0.02²), biases at 0, gains of batch
    norm from N(1, 0.02²).

    Raises ``UserError`` if a size is below 1, a side cannot be reached by doublings, or the norm is unknown.
    """

    def __init__(
        self, *, latent: int, shape: tuple[int, int, int], width: int = 64, norm: Norm2d = "batch"
    ) -> None:
        super().__init__()
        start, levels = plan_levels("DenseDCGANGenerator", shape, 2, latent=latent, width=width)
        channels = [*(width * 2**level for level in reversed(range(levels))), shape[0]]
        self.start_shape = (channels[0], *start)
        self.first = nn.Linear(latent, channels[0] * start[0] * start[1])
        layers: list[nn.Module] = []
        for in_channels, out_channels in pairwise(channels):
            layers += [
                norm_2d(norm, in_channels),
                nn.LeakyReLU(0.2, inplace=True),
                nn.ConvTranspose2d(in_channels, out_channels, 5, stride=2, padding=2, output_padding=1),
            ]
        self.layers = nn.Sequential(*layers)
        init_normal(self)

    def forward(self, z: Tensor) -> Tensor:
        """Return images ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        return torch.tanh(self.layers(self.first(z).unflatten(1, self.start_shape)))


class DenseDCGANDiscriminator(nn.Module):
    """Images ``[N, C, H, W]`` -> raw scores ``[N]``: the mirror image of ``DenseDCGANGenerator``.

    For 32x32 at width 64: 64 channels at 16x16, 128 at 8x8, 256 at 4x4, 512 at 2x2, then ``dropout`` and a linear layer
    on all 2,048 features. A leaky ReLU of slope 0.2 follows each hidden map, after a norm for all but the first.
    ``spectral_norm`` divides each weight by its largest singular value. Weights start like the generator's.

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
        map_size, levels = plan_levels("DenseDCGANDiscriminator", shape, 2, width=width)
        channels = [shape[0], *(width * 2**level for level in range(levels))]
        layers: list[nn.Module] = []
        for level, (in_channels, out_channels) in enumerate(pairwise(channels)):
            layers += [
                nn.Conv2d(in_channels, out_channels, 5, stride=2, padding=2),
                norm_2d("none" if level == 0 else norm, out_channels),
                # In place is safe, also for double backward: convolutions and norms save inputs, not outputs.
                nn.LeakyReLU(0.2, inplace=True),
            ]
        features = channels[-1] * map_size[0] * map_size[1]
        self.layers = nn.Sequential(*layers, nn.Flatten(), Dropout(dropout), nn.Linear(features, 1))
        init_normal(self)
        if spectral_norm:
            apply_spectral_norm(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return raw scores ``[N]`` for images ``[N, C, H, W]``."""
        scores: Tensor = self.layers(x)
        return scores.squeeze(1)
