"""A ResNet encoder of small images with a projector, and the predictor of SimSiam.

Deep Residual Learning for Image Recognition (2015), arXiv:1512.03385, with the first convolution of Exploring Simple
Siamese Representation Learning (2020), arXiv:2011.10566, for 32x32 images.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.layers.initialisation import init_zero_biases
from ganbench.layers.resampling import resize
from ganbench.networks.pretrained import Pretrained
from ganbench.networks.shape_plan import require_sizes


class ResNetEncoder(Pretrained):
    """Images ``[N, C, H, W]`` -> vectors ``[N, size]``.

    The backbone is a 3x3 convolution to ``width`` channels and four stages of ``blocks`` residual blocks each (2 as in
    ResNet-18); the second to fourth stages halve the map and double the channels. Batch norm follows each convolution.
    The mean over positions gives ``feature_size`` features. The projector has ``layers`` linear layers of ``size``,
    each with batch norm and all but the last with ReLU; the last batch norm has no gain or bias.

    Images are resized to ``resolution`` (0: not resized), such as the one that the encoder was trained at. ``weights``
    names a file or run to load initial weights from; see :class:`Pretrained`.

    Raises ``UserError`` if a size is below 1, a side below 8, or ``resolution`` neither 0 nor at least 8.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 64,
        blocks: int = 2,
        size: int = 512,
        layers: int = 2,
        resolution: int = 0,
        weights: str = "",
    ) -> None:
        super().__init__(weights)
        require_sizes("ResNetEncoder", width=width, blocks=blocks, size=size, layers=layers)
        if len(shape) != 3 or min(shape[1:]) < 8:
            raise UserError(f"ResNetEncoder: images must be at least 8x8, but shape is {shape}")
        if resolution and resolution < 8:
            raise UserError(f"ResNetEncoder: resolution must be 0 or at least 8, but is {resolution}")
        stages: list[nn.Module] = [
            nn.Conv2d(shape[0], width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        ]
        in_channels = width
        for stage in range(4):
            out_channels = width * 2**stage
            for block in range(blocks):
                stages.append(_BasicBlock(in_channels, out_channels, stride=2 if stage and not block else 1))
                in_channels = out_channels
        self.backbone = nn.Sequential(*stages, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.projector = make_projector(in_channels, size, layers)
        self.feature_size, self.size, self.resolution = in_channels, size, resolution
        init_zero_biases(self)

    def features(self, x: Tensor) -> Tensor:
        """Return features ``[N, feature_size]``."""
        return cast(Tensor, self.backbone(resize(x, self.resolution)))

    def project(self, features: Tensor) -> Tensor:
        """Return vectors ``[N, size]`` for features ``[N, feature_size]``."""
        return cast(Tensor, self.projector(features))

    def forward(self, x: Tensor) -> Tensor:
        """Return vectors ``[N, size]``."""
        return self.project(self.features(x))


class Predictor(nn.Module):
    """Vectors ``[N, size]`` -> vectors ``[N, size]``, through a hidden layer of ``width`` with batch norm and ReLU.

    Raises ``UserError`` if a size is below 1.
    """

    def __init__(self, *, size: int = 512, width: int = 128) -> None:
        super().__init__()
        require_sizes("Predictor", size=size, width=width)
        self.layers = nn.Sequential(
            nn.Linear(size, width, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(inplace=True),
            nn.Linear(width, size),
        )
        init_zero_biases(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return vectors ``[N, size]``."""
        return cast(Tensor, self.layers(x))


def make_projector(features: int, size: int, layers: int) -> nn.Sequential:
    """Return the projector from features ``[N, features]`` to ``[N, size]`` that :class:`ResNetEncoder` describes."""
    modules: list[nn.Module] = []
    for layer in range(layers):
        last = layer == layers - 1
        modules += [
            nn.Linear(features if layer == 0 else size, size, bias=False),
            nn.BatchNorm1d(size, affine=not last),
            *([] if last else [nn.ReLU(inplace=True)]),
        ]
    return nn.Sequential(*modules)


class _BasicBlock(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.short_cut: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.short_cut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.relu(self.inner(x) + self.short_cut(x))
