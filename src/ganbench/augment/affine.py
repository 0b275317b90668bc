"""Pictures turned, stretched, sheared and moved a little."""

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
    """Each picture by its own: turned by up to ``turn`` degrees, each side stretched by up to the share ``stretch``.

    Also sheared sideways by up to the share ``shear`` of the height, and moved by up to ``move`` of half of each side.
    All are uniform, to both sides. What comes in from outside is -1, black: for pictures on a dark ground.

    Raises ``UserError`` if a number is negative or not finite, or ``stretch`` is not below 1.
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

    def __call__(self, x: Tensor, draws: RandomStream) -> Tensor:
        """Return changed pictures ``[N, C, H, W]``."""
        turn, wide, high, shear, right, down = draws.uniform(len(x), 6, low=-1.0).T
        cosine, sine = (f(turn * math.radians(self.turn)) for f in (torch.cos, torch.sin))
        wide, high, shear = 1 + self.stretch * wide, 1 + self.stretch * high, self.shear * shear
        across = torch.stack(
            [cosine * wide, cosine * shear - sine * high, self.move * right], 1
        )  # where each place of the new picture lies in the old one
        along = torch.stack([sine * wide, cosine * high + sine * shear, self.move * down], 1)
        places = functional.affine_grid(
            torch.stack([across, along], 1).to(x.dtype), list(x.shape), align_corners=False
        )
        return functional.grid_sample(x + 1, places, align_corners=False) - 1
