"""A small convolutional pair whose D has no strides: 4x4 kernels without padding shrink each map by 3.

Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks (2015),
arXiv:1511.06434, as implemented in a student project for 28x28 digits.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganbench.layers.initialisation import init_zero_biases
from ganbench.networks.shape_plan import require_image_shape, require_sizes


class StridelessDCGANGenerator(nn.Module):
    """Latent vectors ``[N, latent]`` -> images ``[N, C, H, W]`` in [-1, 1] (tanh).

    A linear layer and batch norm to a map of ``4 * width`` channels and a quarter of the sides; two doublings, to
    ``2 * width`` and ``width`` channels, by transposed 4x4 convolutions, each with ReLU and the first also with batch
    norm behind it; and a 3x3 convolution. Weights start with torch's default initialisation, biases at 0.

    Raises ``UserError`` if a size is below 1 or a side is not a multiple of 4.
    """

    def __init__(self, *, latent: int, shape: tuple[int, int, int], width: int = 16) -> None:
        super().__init__()
        require_sizes("StridelessDCGANGenerator", latent=latent, width=width)
        require_image_shape("StridelessDCGANGenerator", shape, min_side=4, multiple_of=4)
        channels, image_height, image_width = shape
        self.start_shape = (4 * width, image_height // 4, image_width // 4)
        features = 4 * width * (image_height // 4) * (image_width // 4)
        self.first = nn.Sequential(nn.Linear(latent, features), nn.BatchNorm1d(features))
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.BatchNorm2d(2 * width),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(width, channels, 3, padding=1),
        )
        init_zero_biases(self)

    def forward(self, z: Tensor) -> Tensor:
        """Return images ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        return torch.tanh(self.layers(self.first(z).unflatten(1, self.start_shape)))


class StridelessDCGANDiscriminator(nn.Module):
    """Images ``[N, C, H, W]`` -> raw scores ``[N]``.

    4x4 convolutions to ``4 * width``, ``2 * width`` and ``width`` channels, each with a leaky ReLU of slope 0.2 and
    then batch norm, and a linear layer on all positions. Weights start with torch's default initialisation, biases
    at 0.

    Raises ``UserError`` if a size is below 1 or a side is below 10.
    """

    def __init__(self, *, shape: tuple[int, int, int], width: int = 16) -> None:
        super().__init__()
        require_sizes("StridelessDCGANDiscriminator", width=width)
        require_image_shape("StridelessDCGANDiscriminator", shape, min_side=10)
        layers: list[nn.Module] = []
        for in_channels, out_channels in pairwise((shape[0], 4 * width, 2 * width, width)):
            layers += [
                nn.Conv2d(in_channels, out_channels, 4),
                nn.LeakyReLU(0.2),
                nn.BatchNorm2d(out_channels),
            ]
        positions = (shape[1] - 9) * (shape[2] - 9)
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * positions, 1))
        init_zero_biases(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return raw scores ``[N]`` for images ``[N, C, H, W]``."""
        scores: Tensor = self.layers(x)
        return scores.squeeze(1)
