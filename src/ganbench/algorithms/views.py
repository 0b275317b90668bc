"""Random views of pictures, for learning what they have in common: cropped, mirrored, in other colours.

Exploring Simple Siamese Representation Learning (2020), arXiv:2011.10566, whose list this is; hue and blur are off
unless asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream

_CHANGED = 0.8  # the share of pictures whose colours are changed
_SHARPEST, _SOFTEST = 0.1, 2.0  # pixels


@dataclass(frozen=True)
class Views:
    """A part of each picture, resized to the whole; mirrored for one half; its colours changed.

    The part has from ``smallest`` to all of the area, and sides whose ratio differs from the picture's by up to 4/3.
    Four in five pictures have brightness, contrast and saturation multiplied by up to 1 ± ``jitter``, and hues moved
    by up to ± ``hue`` of the circle; a share of ``grey`` loses its colours. A share of ``blur`` is smoothed by a
    Gaussian of .1 to 2 pixels, which is meant for pictures larger than 32x32.

    Raises ``UserError`` if a share is not in [0, 1], ``hue`` not in [0, .5], or ``smallest`` is 0.
    """

    smallest: float = 0.2
    jitter: float = 0.4
    grey: float = 0.2
    hue: float = 0.0
    blur: float = 0.0

    def __post_init__(self) -> None:
        for name in ("smallest", "jitter", "grey", "blur"):
            if not 0 <= getattr(self, name) <= 1 or self.smallest == 0:
                raise UserError(f"Views: {name} must be from 0 (smallest: above 0) to 1")
        if not 0 <= self.hue <= 0.5:
            raise UserError(f"Views: hue must be from 0 to 0.5, not {self.hue}")

    def __call__(self, x: Tensor, draws: RandomStream) -> Tensor:
        """Return one view of each picture, ``[N, C, H, W]`` in [-1, 1], by ``draws``."""
        u = draws.uniform(len(x), 10)
        view = self._coloured(self._cropped(x, u[:, :5]), u[:, 5:])
        # What is off draws nothing, so that the views of runs that began without it are as they were.
        if self.hue and x.shape[1] == 3:
            turns = draws.uniform(len(x), low=-self.hue, high=self.hue)
            view = hue_turned((view + 1) / 2, torch.where(u[:, 8] < _CHANGED, turns, 0.0)) * 2 - 1
        return self._softened(view, draws.uniform(len(x), 2)) if self.blur else view

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
        changes = (u[:, 3] < _CHANGED)[:, None]
        brightness, contrast, saturation = torch.where(changes, factors, 1.0)[:, :, None, None, None].unbind(
            1
        )
        unit = (x + 1) / 2 * brightness
        unit = (unit - unit.mean((1, 2, 3), keepdim=True)) * contrast + unit.mean((1, 2, 3), keepdim=True)
        without = unit.mean(1, keepdim=True)
        lost = (u[:, 4] < self.grey)[:, None, None, None]
        unit = without + (unit - without) * torch.where(lost, 0.0, saturation)
        return unit.clamp(0, 1) * 2 - 1

    def _softened(self, x: Tensor, u: Tensor) -> Tensor:
        deviations = _SHARPEST + (_SOFTEST - _SHARPEST) * u[:, 1]
        soft = blurred(x, deviations, round(3 * _SOFTEST))
        return torch.where((u[:, 0] < self.blur)[:, None, None, None], soft, x)


def blurred(pictures: Tensor, deviations: Tensor, reach: int) -> Tensor:
    """Return pictures ``[N, C, H, W]`` smoothed by Gaussians of ``deviations`` ``[N]`` pixels, cut off at ``reach``.

    Beyond the border the outermost pixels are repeated.
    """
    n, channels, height, width = pictures.shape
    away = torch.arange(-reach, reach + 1, device=pictures.device)
    weights = torch.exp(-(away**2) / (2 * deviations[:, None] ** 2))
    weights = (weights / weights.sum(1, keepdim=True)).repeat_interleave(channels, 0)[:, None, None]
    rows = functional.pad(pictures.reshape(1, n * channels, height, width), (reach,) * 4, mode="replicate")
    across = functional.conv2d(rows, weights, groups=n * channels)
    return functional.conv2d(across, weights.mT, groups=n * channels).reshape(pictures.shape)


_RED_GREEN_BLUE = (5.0, 3.0, 1.0)  # where on the circle of six a channel is the smallest


def hue_turned(pictures: Tensor, turns: Tensor) -> Tensor:
    """Return pictures ``[N, 3, H, W]`` in [0, 1] with hues moved by ``turns`` ``[N]`` of the whole circle."""
    largest, smallest = pictures.amax(1), pictures.amin(1)
    width = largest - smallest
    red, green, blue = pictures.unbind(1)
    apart = torch.where(width > 0, width, 1.0)  # grey has no hue, and is left as it is
    sixth = torch.where(
        largest == red,
        (green - blue) / apart,
        torch.where(largest == green, 2 + (blue - red) / apart, 4 + (red - green) / apart),
    )
    moved = sixth + 6 * turns[:, None, None]
    places = [(moved + n).remainder(6) for n in _RED_GREEN_BLUE]
    return torch.stack([largest - width * torch.minimum(k, 4 - k).clamp(0, 1) for k in places], 1)
