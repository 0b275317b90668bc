"""A residual encoder of small pictures with a projector, and the predictor that goes with it.

Deep Residual Learning for Image Recognition (2015), arXiv:1512.03385, with the stem that Exploring Simple Siamese
Representation Learning (2020), arXiv:2011.10566, has for 32x32 pictures.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.layers.initialisation import zero_biases
from ganbench.networks.pretrained import Pretrained


class ResNetEncoder(Pretrained):
    """Pictures ``[N, C, H, W]`` -> vectors ``[N, size]``.

    A 3x3 convolution to ``width`` channels; four stages of ``blocks`` residual blocks each (2: ResNet-18), the
    second to fourth of which halve the map and double the channels; the mean of all positions, ``feature_size``
    numbers; a projector of ``layers`` linear layers of ``size``, each with batch norm and all but the last with ReLU;
    the last norm has neither gain nor bias. Norms come before the first step, as batch norm, of the data.

    ``weights`` names what it starts from instead of its own first weights; see :class:`Pretrained`.

    Raises ``UserError`` if a size is below 1 or a side below 8.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 64,
        blocks: int = 2,
        size: int = 512,
        layers: int = 2,
        weights: str = "",
    ) -> None:
        super().__init__(weights)
        for word, value in (("width", width), ("blocks", blocks), ("size", size), ("layers", layers)):
            if value < 1:
                raise UserError(f"ResNetEncoder: {word} must be at least 1, but is {value}")
        if len(shape) != 3 or min(shape[1:]) < 8:
            raise UserError(f"ResNetEncoder: pictures must be at least 8x8, but shape is {shape}")
        stages: list[nn.Module] = [
            nn.Conv2d(shape[0], width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        ]
        before = width
        for stage in range(4):
            after = width * 2**stage
            for block in range(blocks):
                stages.append(_Block(before, after, stride=2 if stage and not block else 1))
                before = after
        self.backbone = nn.Sequential(*stages, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.projector = projector(before, size, layers)
        self.feature_size, self.size = before, size
        zero_biases(self)

    def features(self, x: Tensor) -> Tensor:
        """Return features ``[N, feature_size]``."""
        return cast(Tensor, self.backbone(x))

    def projected(self, features: Tensor) -> Tensor:
        """Return vectors ``[N, size]`` for features ``[N, feature_size]``."""
        return cast(Tensor, self.projector(features))

    def forward(self, x: Tensor) -> Tensor:
        """Return vectors ``[N, size]``."""
        return self.projected(self.features(x))


class Predictor(nn.Module):
    """Vectors ``[N, size]`` -> vectors ``[N, size]``, by way of ``width`` numbers with batch norm and ReLU.

    Raises ``UserError`` if a size is below 1.
    """

    def __init__(self, *, size: int = 512, width: int = 128) -> None:
        super().__init__()
        if min(size, width) < 1:
            raise UserError(f"Predictor: sizes must be at least 1, but are {size} and {width}")
        self.layers = nn.Sequential(
            nn.Linear(size, width, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(inplace=True),
            nn.Linear(width, size),
        )
        zero_biases(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return vectors ``[N, size]``."""
        return cast(Tensor, self.layers(x))


def projector(features: int, size: int, layers: int) -> nn.Sequential:
    """Return a projector of features ``[N, features]`` to ``[N, size]``, as :class:`ResNetEncoder` describes it."""
    made: list[nn.Module] = []
    for layer in range(layers):
        last = layer == layers - 1
        made += [
            nn.Linear(features if layer == 0 else size, size, bias=False),
            nn.BatchNorm1d(size, affine=not last),
            *([] if last else [nn.ReLU(inplace=True)]),
        ]
    return nn.Sequential(*made)


class _Block(nn.Module):
    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
            nn.Conv2d(after, after, 3, padding=1, bias=False),
            nn.BatchNorm2d(after),
        )
        same = before == after and stride == 1
        self.short_cut: nn.Module = (
            nn.Identity()
            if same
            else nn.Sequential(nn.Conv2d(before, after, 1, stride=stride, bias=False), nn.BatchNorm2d(after))
        )

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.relu(self.inner(x) + self.short_cut(x))
