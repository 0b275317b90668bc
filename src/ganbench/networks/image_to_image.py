"""CycleGAN's networks: an image-to-image generator with residual blocks, and a discriminator of patches.

Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks (2017), arXiv:1703.10593. The generator
is from Perceptual Losses for Real-Time Style Transfer (2016), arXiv:1603.08155, and the discriminator from
Image-to-Image Translation with Conditional Adversarial Networks (2016), arXiv:1611.07004.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.layers.initialisation import init_normal
from ganbench.layers.normalisation import Norm2d, norm_2d
from ganbench.layers.spectral import apply_spectral_norm
from ganbench.networks.shape_plan import require_image_shape, require_sizes


class ImageToImageGenerator(nn.Module):
    """Images ``[N, C, H, W]`` -> images of the same shape in [-1, 1] (tanh).

    A 7x7 convolution to ``width`` channels, two halvings that each double the channels, ``blocks`` residual blocks, two
    doublings of the sides, and a 7x7 convolution; convolutions of stride 1 use reflection padding. Weights start from
    N(0, 0.02²), biases at 0.

    Raises ``UserError`` if a size is below 1, a side is below 8 or cannot be halved twice, or the norm is unknown.
    """

    def __init__(
        self, *, shape: tuple[int, int, int], width: int = 64, blocks: int = 6, norm: Norm2d = "instance"
    ) -> None:
        super().__init__()
        require_sizes("ImageToImageGenerator", width=width, blocks=blocks)
        require_image_shape("ImageToImageGenerator", shape, min_side=8, multiple_of=4)
        bias = norm == "none"
        layers: list[nn.Module] = [
            nn.Conv2d(shape[0], width, 7, padding=3, padding_mode="reflect", bias=bias),
            *_norm_relu(norm, width),
        ]
        for channels in (width, 2 * width):
            layers += [
                nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1, bias=bias),
                *_norm_relu(norm, 2 * channels),
            ]
        layers += [_ResidualBlock(4 * width, norm) for _ in range(blocks)]
        for channels in (4 * width, 2 * width):
            layers += [
                nn.ConvTranspose2d(
                    channels, channels // 2, 3, stride=2, padding=1, output_padding=1, bias=bias
                ),
                *_norm_relu(norm, channels // 2),
            ]
        layers += [nn.Conv2d(width, shape[0], 7, padding=3, padding_mode="reflect")]
        self.layers = nn.Sequential(*layers)
        init_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return images ``[N, C, H, W]`` in [-1, 1] for images ``[N, C, H, W]``."""
        return torch.tanh(self.layers(x))


class PatchDiscriminator(nn.Module):
    """Images ``[N, C, H, W]`` -> raw scores of patches ``[N, h, w]``, or with ``average`` their means ``[N]``.

    Three 4x4 convolutions of stride 2, to ``width``, ``2 * width`` and ``4 * width`` channels, then two of stride 1, to
    ``8 * width`` channels and to the scores; each score sees 70x70 pixels. A leaky ReLU of slope 0.2 follows each
    hidden map, after a norm for all but the first. Weights start from N(0, 0.02²), biases at 0.

    Raises ``UserError`` if a size is below 1, a side is below 24, or the norm is unknown.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 64,
        norm: Norm2d = "instance",
        spectral_norm: bool = False,
        average: bool = False,
    ) -> None:
        super().__init__()
        require_sizes("PatchDiscriminator", width=width)
        require_image_shape("PatchDiscriminator", shape, min_side=24)
        self.average = average
        layers: list[nn.Module] = []
        channels = [shape[0], width, 2 * width, 4 * width, 8 * width]
        for level, out_channels in enumerate(channels[1:]):
            kind: Norm2d = norm if level else "none"
            stride = 1 if level == 3 else 2
            layers += [
                nn.Conv2d(channels[level], out_channels, 4, stride=stride, padding=1, bias=kind == "none"),
                norm_2d(kind, out_channels),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels[-1], 1, 4, padding=1))
        init_normal(self)
        if spectral_norm:
            apply_spectral_norm(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return raw scores ``[N]`` or ``[N, h, w]``."""
        scores: Tensor = self.layers(x).squeeze(1)
        return scores.mean((1, 2)) if self.average else scores


class _ResidualBlock(nn.Module):
    def __init__(self, channels: int, norm: Norm2d) -> None:
        super().__init__()
        first, second = (
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect", bias=norm == "none")
            for _ in range(2)
        )
        self.layers = nn.Sequential(first, *_norm_relu(norm, channels), second, norm_2d(norm, channels))

    def forward(self, x: Tensor) -> Tensor:
        residual: Tensor = self.layers(x)
        return x + residual


def _norm_relu(norm: Norm2d, channels: int) -> list[nn.Module]:
    return [norm_2d(norm, channels), nn.ReLU(inplace=True)]
