"""Random views of pictures, for learning what they have in common: cropped, mirrored, in other colours.

Exploring Simple Siamese Representation Learning (2020), arXiv:2011.10566, whose list this is but for hue and blur.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ganbench.errors import UserError
from ganbench.training.draws import Draws


@dataclass(frozen=True)
class Views:
    """A part of each picture, resized to the whole; mirrored for one half; its colours changed.

    The part has from ``smallest`` to all of the area, and sides whose ratio differs from the picture's by up to 4/3.
    Four in five pictures have brightness, contrast and saturation multiplied by up to 1 ± ``jitter``; a share of
    ``grey`` loses its colours. Raises ``UserError`` if a share is not in [0, 1], or ``smallest`` is 0.
    """

    smallest: float = 0.2
    jitter: float = 0.4
    grey: float = 0.2

    def __post_init__(self) -> None:
        for name in ("smallest", "jitter", "grey"):
            if not 0 <= getattr(self, name) <= 1 or self.smallest == 0:
                raise UserError(f"Views: {name} must be from 0 (smallest: above 0) to 1")

    def __call__(self, x: Tensor, draws: Draws) -> Tensor:
        """Return one view of each picture, ``[N, C, H, W]`` in [-1, 1], by ``draws``."""
        u = draws.uniform(len(x), 10)
        return self._coloured(self._cropped(x, u[:, :5]), u[:, 5:])

    def _cropped(self, x: Tensor, u: Tensor) -> Tensor:
        area = self.smallest + (1 - self.smallest) * u[:, 0]
        ratio = torch.exp((2 * u[:, 1] - 1) * 0.2877) ** 0.5  # of the sides: from 3/4 to 4/3
        width, height = ((area.sqrt() * r).clamp(max=1) for r in (ratio, 1 / ratio))
        left, top = ((2 * place - 1) * (1 - side) for place, side in ((u[:, 2], width), (u[:, 3], height)))
        mirrored = torch.where(u[:, 4] < 0.5, -width, width)
        zero = torch.zeros_like(width)
        rows = torch.stack([mirrored, zero, left, zero, height, top], 1)
        grid = functional.affine_grid(rows.reshape(-1, 2, 3), list(x.shape), align_corners=False)
        return functional.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)

    def _coloured(self, x: Tensor, u: Tensor) -> Tensor:
        factors = 1 + self.jitter * (2 * u[:, :3] - 1)
        changes = (u[:, 3] < 0.8)[:, None]
        brightness, contrast, saturation = torch.where(changes, factors, 1.0)[:, :, None, None, None].unbind(
            1
        )
        unit = (x + 1) / 2 * brightness
        unit = (unit - unit.mean((1, 2, 3), keepdim=True)) * contrast + unit.mean((1, 2, 3), keepdim=True)
        without = unit.mean(1, keepdim=True)
        lost = (u[:, 4] < self.grey)[:, None, None, None]
        unit = without + (unit - without) * torch.where(lost, 0.0, saturation)
        return unit.clamp(0, 1) * 2 - 1
