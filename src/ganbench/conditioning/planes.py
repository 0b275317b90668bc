"""The class as further channels: one plane that is learnt, or a plane for each class.

The learnt plane beside G's first map is common in tutorials on conditional GANs; one plane of ones for the class and
of zeros for the others, beside D's picture, is the convolutional form of Conditional Generative Adversarial Nets
(2014), arXiv:1411.1784.
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
    OneHotRows,
    PlaneInput,
    SampleInput,
    class_rows,
    need_classes,
)
from ganbench.errors import UserError


@dataclass(frozen=True)
class LabelPlane(GeneratorConditioning):
    """G's first map gets one more channel: an embedding of ``size`` numbers, through a linear layer to a plane.

    Raises ``UserError`` if ``size`` is below 1.
    """

    needs_condition: ClassVar[bool] = True
    size: int = 50

    def __post_init__(self) -> None:
        if self.size < 1:
            raise UserError(f"LabelPlane: size must be at least 1, but is {self.size}")

    def plane(self, sides: tuple[int, int], classes: int) -> PlaneInput:
        """Return the joining of maps of these sides with the class's plane. Raises UserError without classes."""
        need_classes(self, classes)
        return _LearntPlane(sides, classes, self.size)


class _LearntPlane(PlaneInput):
    added = 1

    def __init__(self, sides: tuple[int, int], classes: int, size: int) -> None:
        super().__init__()
        self.sides, self.embedding = sides, nn.Embedding(classes, size)
        self.plane = nn.Linear(size, math.prod(sides))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        plane = self.plane(class_rows(self.embedding.weight, condition))
        return torch.cat([x, plane.reshape(len(x), 1, *self.sides)], 1)


@dataclass(frozen=True)
class LabelPlanes(DiscriminatorConditioning):
    """D's input gets a channel for each class, all ones for its own; a flat sample gets its one-hot class."""

    needs_condition: ClassVar[bool] = True

    def input(self, shape: tuple[int, ...], classes: int) -> SampleInput:
        """Return the joining of samples of that shape with their class. Raises UserError without classes."""
        need_classes(self, classes)
        return _OneHotPlanes(shape, classes)


class _OneHotPlanes(SampleInput):
    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.one_hot = OneHotRows(classes)
        self.shape = (shape[0] + classes, *shape[1:])

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        rows = self.one_hot(condition).to(x.dtype)
        planes = rows.reshape(*rows.shape, *(1 for _ in x.shape[2:])).expand(-1, -1, *x.shape[2:])
        return torch.cat([x, planes], 1)
