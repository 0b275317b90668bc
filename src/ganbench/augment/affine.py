"""Random affine transformations of images."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


@dataclass(frozen=True)
class Affine:
    """Rotates, stretches, shears and shifts each image by uniform random amounts, in both directions.

    Areas outside the image become -1 (black), so it suits images on a dark background.

    Args:
        turn: Maximum rotation in degrees.
        stretch: Maximum relative change of each side.
        shear: Maximum horizontal shear, relative to the height.
        move: Maximum shift, relative to half of each side.

    Raises:
        UserError: an argument is negative or not finite, or ``stretch`` is not below 1.
    """

    turn: float = 15.0
    stretch: float = 0.1
    shear: float = 0.25
    move: float = 0.1

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) and value >= 0 for value in astuple(self)) or self.stretch >= 1:
            raise UserError(
                "Affine: turn, stretch, shear and move must be finite and at least 0, stretch below 1, "
                f"but they are {self.turn}, {self.stretch}, {self.shear} and {self.move}"
            )

    def __call__(self, x: Tensor, stream: RandomStream) -> Tensor:
        """Return augmented images ``[N, C, H, W]``."""
        turn, width, height, shear, shift_x, shift_y = stream.uniform(len(x), 6, low=-1.0).T
        cosine, sine = (f(turn * math.radians(self.turn)) for f in (torch.cos, torch.sin))
        width, height, shear = 1 + self.stretch * width, 1 + self.stretch * height, self.shear * shear
        # The matrix maps positions in the augmented image to positions in the original.
        row_x = torch.stack([cosine * width, cosine * shear - sine * height, self.move * shift_x], 1)
        row_y = torch.stack([sine * width, cosine * height + sine * shear, self.move * shift_y], 1)
        matrices = torch.stack([row_x, row_y], 1).to(x.dtype)
        grid = functional.affine_grid(matrices, list(x.shape), align_corners=False)
        return functional.grid_sample(x + 1, grid, align_corners=False) - 1
