"""From picture to picture: halved twice, residual blocks, doubled twice; and a D that judges patches.

Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks (2017), arXiv:1703.10593, whose
generator is that of Perceptual Losses for Real-Time Style Transfer (2016), arXiv:1603.08155, and whose discriminator
that of Image-to-Image Translation with Conditional Adversarial Networks (2016), arXiv:1611.07004.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.layers.initialisation import normal_weights
from ganbench.layers.normalisation import Norm2d, norm_2d
from ganbench.layers.spectral import spectrally_normalised
from ganbench.networks.shape_plan import require_picture, require_sizes


class ImageToImageGenerator(nn.Module):
    """Pictures ``[N, C, H, W]`` -> pictures of the same shape in [-1, 1] (tanh).

    A 7x7 convolution to ``width`` channels, two halvings that double them, ``blocks`` residual blocks, two doublings,
    a 7x7 convolution; edges are mirrored. Weights start from N(0, 0.02²), biases at 0.

    Raises ``UserError`` if a size is below 1, a side is below 8 or cannot be halved twice, or the norm is unknown.
    """

    def __init__(
        self, *, shape: tuple[int, int, int], width: int = 64, blocks: int = 6, norm: Norm2d = "instance"
    ) -> None:
        super().__init__()
        require_sizes("ImageToImageGenerator", width=width, blocks=blocks)
        require_picture("ImageToImageGenerator", shape, least=8, step=4)
        layers: list[nn.Module] = [
            nn.Conv2d(shape[0], width, 7, padding=3, padding_mode="reflect", bias=norm == "none")
        ]
        layers += _ready(norm, width)
        for before in (width, 2 * width):
            layers += [nn.Conv2d(before, 2 * before, 3, stride=2, padding=1, bias=norm == "none")]
            layers += _ready(norm, 2 * before)
        layers += [_Residual(4 * width, norm) for _ in range(blocks)]
        for before in (4 * width, 2 * width):
            layers += [
                nn.ConvTranspose2d(
                    before, before // 2, 3, stride=2, padding=1, output_padding=1, bias=norm == "none"
                ),
                *_ready(norm, before // 2),
            ]
        layers += [nn.Conv2d(width, shape[0], 7, padding=3, padding_mode="reflect")]
        self.layers = nn.Sequential(*layers)
        normal_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return pictures ``[N, C, H, W]`` in [-1, 1] for pictures ``[N, C, H, W]``."""
        return torch.tanh(self.layers(x))


class PatchDiscriminator(nn.Module):
    """Pictures ``[N, C, H, W]`` -> raw scores ``[N]``, or of each patch ``[N, h, w]`` unless ``average``.

    Three halvings by 4x4 convolutions to ``width`` channels, twice and four times as many, then two 4x4 convolutions
    of stride 1, to eight times as many and to the scores, each of which sees 70x70 pixels. Hidden maps but the first
    pass a norm, and all a leaky ReLU of slope 0.2. Weights start from N(0, 0.02²), biases at 0.

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
        require_picture("PatchDiscriminator", shape, least=24)
        self.average = average
        layers: list[nn.Module] = []
        channels = [shape[0], width, 2 * width, 4 * width, 8 * width]
        for level, after in enumerate(channels[1:]):
            kind: Norm2d = norm if level else "none"
            layers += [
                nn.Conv2d(
                    channels[level], after, 4, stride=1 if level == 3 else 2, padding=1, bias=kind == "none"
                ),
                norm_2d(kind, after),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels[-1], 1, 4, padding=1))
        normal_weights(self)
        if spectral_norm:
            spectrally_normalised(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return raw scores ``[N]`` or ``[N, h, w]``."""
        scores: Tensor = self.layers(x).squeeze(1)
        return scores.mean((1, 2)) if self.average else scores


class _Residual(nn.Module):
    def __init__(self, channels: int, norm: Norm2d) -> None:
        super().__init__()
        first, second = (
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect", bias=norm == "none")
            for _ in range(2)
        )
        self.layers = nn.Sequential(first, *_ready(norm, channels), second, norm_2d(norm, channels))

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.layers(x)
        return x + added


def _ready(norm: Norm2d, channels: int) -> list[nn.Module]:
    return [norm_2d(norm, channels), nn.ReLU(inplace=True)]
