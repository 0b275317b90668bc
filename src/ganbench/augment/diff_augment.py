"""Differentiable Augmentation for Data-Efficient GAN Training (DiffAugment), 2020, arXiv 2006.10738."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


@dataclass(frozen=True)
class DiffAugment:
    """Changes the colours of each image, shifts it, and cuts out a rectangle; each of the three can be turned off.

    The default sizes are the paper's.

    Args:
        colour: Whether to change brightness (by up to .5), saturation (distances from each pixel's mean over
            channels, times a factor in [0, 2)) and contrast (distances from the image's mean, times a factor in
            [.5, 1.5)).
        translation: Maximum shift by whole pixels, relative to each side; 0 (grey) fills the border. 0: no shift.
        cutout: Size of the rectangle that is set to 0, relative to each side. 0: no cutout.

    Raises:
        UserError: ``translation`` or ``cutout`` is not in [0, 1), or all three are off.
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
            raise UserError("DiffAugment: all changes are off; set colour, translation or cutout")

    def __call__(self, x: Tensor, stream: RandomStream) -> Tensor:
        """Return augmented images ``[N, C, H, W]``; values may leave [-1, 1], as in the paper."""
        if self.colour:
            x = _change_colours(x, stream.uniform(len(x), 3))
        if self.translation:
            x = _translate(x, self.translation, stream.uniform(len(x), 2))
        return _cut_out(x, self.cutout, stream.uniform(len(x), 2)) if self.cutout else x


def _change_colours(x: Tensor, uniform: Tensor) -> Tensor:
    brightness, saturation, contrast = uniform.T[:, :, None, None, None]
    x = x + (brightness - 0.5)
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * (2 * saturation)
    mean = x.mean((1, 2, 3), keepdim=True)
    changed: Tensor = mean + (x - mean) * (contrast + 0.5)
    return changed


def _translate(x: Tensor, share: float, uniform: Tensor) -> Tensor:
    for axis, side in ((2, x.shape[2]), (3, x.shape[3])):
        max_shift = int(side * share + 0.5)
        shift = (uniform[:, axis - 2] * (2 * max_shift + 1)).long() - max_shift
        source = torch.arange(side, device=x.device)[None] - shift[:, None]  # the original row or column
        inside = (source >= 0) & (source < side)
        shape = [len(x), 1, 1, 1]
        shape[axis] = side
        index = source.clamp(0, side - 1).reshape(shape).expand_as(x)
        x = x.gather(axis, index) * inside.reshape(shape)
    return x


def _cut_out(x: Tensor, share: float, uniform: Tensor) -> Tensor:
    hole = torch.ones(len(x), 1, 1, 1, dtype=torch.bool, device=x.device)
    for axis, side in ((2, x.shape[2]), (3, x.shape[3])):
        size = int(side * share + 0.5)
        # As in the authors' program: a hole of even size may be centred on either border, one of odd size on any pixel.
        centre = (uniform[:, axis - 2] * (side + 1 - size % 2)).long()
        offset = torch.arange(side, device=x.device)[None] - (centre - size // 2)[:, None]
        shape = [len(x), 1, 1, 1]
        shape[axis] = side
        hole = hole & ((offset >= 0) & (offset < size)).reshape(shape)
    return x * ~hole
