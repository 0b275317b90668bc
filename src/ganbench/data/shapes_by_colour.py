"""The generated shapes with their colours as classes, for translation from colour to colour."""

from __future__ import annotations

import torch

from ganbench.data.images import ImageDataset
from ganbench.data.registry import dataset
from ganbench.data.shapes import COLOURS, Shapes
from ganbench.data.split import Split


class ShapesByColour(ImageDataset):
    """The images of ``Shapes``; the label of each is its colour.

    Attributes:
        factors_of: the same images, which know their factors.
    """

    def __init__(self, shapes: Shapes, *, flip: bool = False) -> None:
        self.factors_of = shapes
        colour = shapes.factors(torch.arange(shapes.info.size))["colour"]
        name = "shapes-by-colour"
        super().__init__(name, shapes.pixels, colour, tuple(COLOURS), split=shapes.info.split, flip=flip)


@dataset("shapes-by-colour")
def shapes_by_colour(
    size: int = 20_000, seed: int = 0, split: Split = "train", flip: bool = False
) -> ShapesByColour:
    """The images of `shapes`, 32x32 RGB, with the 8 colours as classes; needs no file."""
    return ShapesByColour(Shapes(size, seed, split), flip=flip)
