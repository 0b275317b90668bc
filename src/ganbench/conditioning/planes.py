"""The class as extra channels: one learned plane, or one constant plane per class.

The learned plane next to G's first map is common in tutorials on conditional GANs. Constant planes next to D's input
(ones for the sample's class, zeros for the others) are the convolutional form of Conditional Generative Adversarial
Nets (2014), arXiv:1411.1784.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import (
    DiscriminatorConditioning,
    GeneratorConditioning,
    OneHotEncoding,
    PlaneInput,
    SampleInput,
    require_classes,
    select_rows,
)
from ganbench.errors import UserError


@dataclass(frozen=True)
class LabelPlane(GeneratorConditioning):
    """G's first map gets one extra channel: a class embedding of ``size`` numbers, mapped to a plane by a linear layer.

    Raises ``UserError`` if ``size`` is below 1.
    """

    needs_condition: ClassVar[bool] = True
    size: int = 50

    def __post_init__(self) -> None:
        if self.size < 1:
            raise UserError(f"LabelPlane: size must be at least 1, but is {self.size}")

    def make_plane_input(self, sides: tuple[int, int], classes: int) -> PlaneInput:
        """Return the layer that appends the class's plane to maps. Raises UserError without classes."""
        require_classes(self, classes)
        return _LabelPlaneInput(sides, classes, self.size)


class _LabelPlaneInput(PlaneInput):
    extra_channels = 1

    def __init__(self, sides: tuple[int, int], classes: int, size: int) -> None:
        super().__init__()
        self.sides, self.embedding = sides, nn.Embedding(classes, size)
        self.plane = nn.Linear(size, math.prod(sides))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        plane = self.plane(select_rows(self.embedding.weight, condition))
        return torch.cat([x, plane.reshape(x.shape[0], 1, *self.sides)], 1)


@dataclass(frozen=True)
class LabelPlanes(DiscriminatorConditioning):
    """D's input gets one extra channel per class: ones for the sample's class, zeros for the others.

    A flat sample gets its one-hot class.
    """

    needs_condition: ClassVar[bool] = True

    def make_sample_input(self, shape: tuple[int, ...], classes: int) -> SampleInput:
        """Return the layer that appends the class to samples of this shape. Raises UserError without classes."""
        require_classes(self, classes)
        return _LabelPlanesInput(shape, classes)


class _LabelPlanesInput(SampleInput):
    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.one_hot = OneHotEncoding(classes)
        self.shape = (shape[0] + classes, *shape[1:])

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        rows = self.one_hot(condition).to(x.dtype)
        planes = rows.reshape(*rows.shape, *(1 for _ in x.shape[2:])).expand(-1, -1, *x.shape[2:])
        return torch.cat([x, planes], 1)
