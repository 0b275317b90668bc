"""An autoencoder of images whose code is a small map: four times smaller sides, few channels.

High-Resolution Image Synthesis with Latent Diffusion Models (2021), arXiv:2112.10752, section 3.1, trains generators on
such codes; these networks are smaller.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.layers.code_shape import code_shape
from ganbench.layers.initialisation import init_zero_biases
from ganbench.networks.pretrained import Pretrained
from ganbench.networks.shape_plan import require_sizes


class CodeEncoder(Pretrained):
    """Images ``[N, C, H, W]`` -> codes ``[N, latent]``: maps of a quarter of the sides, row by row for each channel.

    A 3x3 convolution to ``width`` channels, two 4x4 convolutions of stride 2 that each double the channels, and two 3x3
    convolutions. Batch norm and a leaky ReLU of slope 0.2 follow each hidden map; the codes' channels have batch norm
    without gain and bias, so that each has mean 0 and variance 1.

    Raises ``UserError`` if a size does not fit; see :func:`code_shape`.
    """

    network_name: ClassVar[str] = "E"

    def __init__(
        self, *, shape: tuple[int, int, int], latent: int, width: int = 32, weights: str = ""
    ) -> None:
        super().__init__(weights)
        require_sizes("CodeEncoder", width=width)
        channels, *_ = code_shape("CodeEncoder", shape, latent)
        self.layers = nn.Sequential(
            *_block(nn.Conv2d(shape[0], width, 3, padding=1, bias=False)),
            *_block(nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False)),
            *_block(nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1, bias=False)),
            *_block(nn.Conv2d(4 * width, 4 * width, 3, padding=1, bias=False)),
            nn.Conv2d(4 * width, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels, affine=False),
            nn.Flatten(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return codes ``[N, latent]``."""
        codes: Tensor = self.layers(x)
        return codes


class CodeDecoder(Pretrained):
    """Codes ``[N, latent]`` -> images ``[N, C, H, W]`` in [-1, 1] (tanh): the layers of the encoder in reverse.

    Raises ``UserError`` if a size does not fit; see :func:`code_shape`.
    """

    network_name: ClassVar[str] = "G"

    def __init__(
        self, *, latent: int, shape: tuple[int, int, int], width: int = 32, weights: str = ""
    ) -> None:
        super().__init__(weights)
        require_sizes("CodeDecoder", width=width)
        self.start_shape = code_shape("CodeDecoder", shape, latent)
        self.layers = nn.Sequential(
            *_block(nn.Conv2d(self.start_shape[0], 4 * width, 3, padding=1, bias=False)),
            *_block(nn.Conv2d(4 * width, 4 * width, 3, padding=1, bias=False)),
            *_block(nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1, bias=False)),
            *_block(nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False)),
            nn.Conv2d(width, shape[0], 3, padding=1),
        )
        init_zero_biases(self)

    def forward(self, z: Tensor) -> Tensor:
        """Return images ``[N, C, H, W]`` for codes ``[N, latent]``."""
        return torch.tanh(self.layers(z.reshape(-1, *self.start_shape)))


def _block(convolution: nn.Conv2d | nn.ConvTranspose2d) -> list[nn.Module]:
    return [convolution, nn.BatchNorm2d(convolution.out_channels), nn.LeakyReLU(0.2, inplace=True)]
