"""Differentiable Augmentation for Data-Efficient GAN Training (DiffAugment), 2020, arXiv 2006.10738."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


@dataclass(frozen=True)
class DiffAugment:
    """Colour, then place, then a hole, each picture by its own numbers; each of the three can be left out.

    ``colour``: brightness changed by up to .5, distances from each pixel's mean over channels (saturation) by factors
    in [0, 2), those from the picture's mean (contrast) by factors in [.5, 1.5). ``translation``: moved by whole pixels,
    up to that share of each side, 0 (grey) coming in. ``cutout``: a rectangle of that share of each side is 0.
    Shares are the paper's.

    Raises ``UserError`` if a share is not in [0, 1), or nothing is left to do.
    """

    colour: bool = True
    translation: float = 0.125
    cutout: float = 0.5

    def __post_init__(self) -> None:
        if not (0 <= self.translation < 1 and 0 <= self.cutout < 1):
            raise UserError(
                "DiffAugment: translation and cutout are shares of a side, from 0 to below 1, "
                f"but they are {self.translation} and {self.cutout}"
            )
        if not (self.colour or self.translation or self.cutout):
            raise UserError("DiffAugment: nothing is asked for; set colour, translation or cutout")

    def __call__(self, x: Tensor, draws: RandomStream) -> Tensor:
        """Return changed pictures ``[N, C, H, W]``; colours may leave [-1, 1], as in the paper."""
        if self.colour:
            x = _coloured(x, draws.uniform(len(x), 3))
        if self.translation:
            x = _moved(x, self.translation, draws.uniform(len(x), 2))
        return _cut(x, self.cutout, draws.uniform(len(x), 2)) if self.cutout else x


def _coloured(x: Tensor, numbers: Tensor) -> Tensor:
    brightness, saturation, contrast = numbers.T[:, :, None, None, None]
    x = x + (brightness - 0.5)
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * (2 * saturation)
    mean = x.mean((1, 2, 3), keepdim=True)
    coloured: Tensor = mean + (x - mean) * (contrast + 0.5)
    return coloured


def _moved(x: Tensor, share: float, numbers: Tensor) -> Tensor:
    for axis, side in ((2, x.shape[2]), (3, x.shape[3])):
        most = int(side * share + 0.5)
        shift = (numbers[:, axis - 2] * (2 * most + 1)).long() - most
        place = torch.arange(side, device=x.device)[None] - shift[:, None]  # where each line comes from
        inside = (place >= 0) & (place < side)
        shape = [len(x), 1, 1, 1]
        shape[axis] = side
        lines = place.clamp(0, side - 1).reshape(shape).expand_as(x)
        x = x.gather(axis, lines) * inside.reshape(shape)
    return x


def _cut(x: Tensor, share: float, numbers: Tensor) -> Tensor:
    hole = torch.ones(len(x), 1, 1, 1, dtype=torch.bool, device=x.device)
    for axis, side in ((2, x.shape[2]), (3, x.shape[3])):
        size = int(side * share + 0.5)
        start = (
            numbers[:, axis - 2] * (side + 1)
        ).long() - size // 2  # the middle is anywhere, as in the paper
        place = torch.arange(side, device=x.device)[None] - start[:, None]
        shape = [len(x), 1, 1, 1]
        shape[axis] = side
        hole = hole & ((place >= 0) & (place < size)).reshape(shape)
    return x * ~hole
