"""A small convolutional pair whose D never strides: 4x4 kernels without padding shrink its maps by 3 each time.

Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks (2015),
arXiv:1511.06434, as one student's system for 28x28 digits has it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.layers.initialisation import zero_biases
from ganbench.networks.shape_plan import require_picture, require_sizes


class StridelessDCGANGenerator(nn.Module):
    """Latent vectors ``[N, latent]`` -> pictures ``[N, C, H, W]`` in [-1, 1] (tanh).

    A linear layer and batch norm to a map of ``4 * width`` channels and a quarter of the sides; two doublings, to
    ``2 * width`` and ``width`` channels, by transposed 4x4 convolutions, each with ReLU and then batch norm; a 3x3
    convolution. Weights start as torch draws them, biases at 0.

    Raises ``UserError`` if a size is below 1 or a side cannot be divided by 4.
    """

    def __init__(self, *, latent: int, shape: tuple[int, int, int], width: int = 16) -> None:
        super().__init__()
        require_sizes("StridelessDCGANGenerator", latent=latent, width=width)
        require_picture("StridelessDCGANGenerator", shape, least=4, step=4)
        channels, height, wide = shape
        self.start = (4 * width, height // 4, wide // 4)
        features = 4 * width * (height // 4) * (wide // 4)
        self.first = nn.Sequential(nn.Linear(latent, features), nn.BatchNorm1d(features))
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.BatchNorm2d(2 * width),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.BatchNorm2d(width),
            nn.ConvTranspose2d(width, channels, 3, padding=1),
        )
        zero_biases(self)

    def forward(self, z: Tensor) -> Tensor:
        """Return pictures ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        return torch.tanh(self.layers(self.first(z).reshape(len(z), *self.start)))


class StridelessDCGANDiscriminator(nn.Module):
    """Pictures ``[N, C, H, W]`` -> raw scores ``[N]``.

    Convolutions with 4x4 kernels to ``4 * width``, ``2 * width`` and ``width`` channels, each with a leaky ReLU of
    slope 0.2 and then batch norm, and a linear layer on all positions. Weights start as torch draws them, biases at 0.

    Raises ``UserError`` if a size is below 1 or a side is below 10.
    """

    def __init__(self, *, shape: tuple[int, int, int], width: int = 16) -> None:
        super().__init__()
        require_sizes("StridelessDCGANDiscriminator", width=width)
        require_picture("StridelessDCGANDiscriminator", shape, least=10)
        layers: list[nn.Module] = []
        before = shape[0]
        for after in (4 * width, 2 * width, width):
            layers += [nn.Conv2d(before, after, 4), nn.LeakyReLU(0.2), nn.BatchNorm2d(after)]
            before = after
        positions = (shape[1] - 9) * (shape[2] - 9)
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * positions, 1))
        zero_biases(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return raw scores ``[N]`` for pictures ``[N, C, H, W]``."""
        scores: Tensor = self.layers(x)
        return scores.squeeze(1)
