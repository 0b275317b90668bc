"""Generated images of one coloured figure each, with every factor known: for tests, demos and probes."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganbench.data.counter import uniform_by_index
from ganbench.data.images import ImageDataset
from ganbench.data.outlines import OUTLINES, Field, Outline
from ganbench.data.registry import dataset
from ganbench.data.split import Split, check_split
from ganbench.errors import UserError
from ganbench.utils.random_stream import derive_seed

SIDE = 32
FIGURES = tuple(OUTLINES)
COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (232, 72, 68),
    "orange": (244, 150, 52),
    "yellow": (246, 214, 84),
    "green": (98, 190, 92),
    "cyan": (76, 202, 208),
    "blue": (78, 126, 236),
    "violet": (164, 98, 222),
    "white": (240, 240, 236),
}
# The smallest rotation that maps each figure onto itself; 0 for the circle.
_ROTATION_PERIODS = np.array([2 * math.pi / n if n else 0.0 for _, n in OUTLINES.values()])
_BATCH = 256  # images: their float32 fields fit in the processor's L2 cache


@dataclass(frozen=True)
class Factors:
    """The factors that determine images; every field has one number per image, ``[N]``.

    Attributes:
        figure: the index in FIGURES.
        colour: the index in COLOURS.
        radius: in pixels.
        x, y: the centre, in pixels from the top left corner.
        turn: the clockwise rotation in radians, below the figure's symmetry period (always 0 for the circle), so that
            each image has one value.
        tint: the background's hue, in turns.
        light: the background's lightness, in [0, 1].
        slope: the direction in which the background brightens, in radians.
    """

    figure: NDArray[np.int64]
    colour: NDArray[np.int64]
    radius: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    turn: NDArray[np.float64]
    tint: NDArray[np.float64]
    light: NDArray[np.float64]
    slope: NDArray[np.float64]


def generate_factors(index: NDArray[np.int64], seed: int, split: Split) -> Factors:
    """Return the factors of the images ``index`` (``[N]``), which depend on (seed, split, number)."""
    u = uniform_by_index(derive_seed("shapes", seed, split), index, len(fields(Factors))).T
    figure = (u[0] * len(FIGURES)).astype(np.int64)
    return Factors(
        figure=figure,
        colour=(u[1] * len(COLOURS)).astype(np.int64),
        # The largest figure at the outermost position still lies within the image, so the factors are independent.
        radius=5.0 + 4.0 * u[2],
        x=SIDE / 2 - 5.5 + 11.0 * u[3],
        y=SIDE / 2 - 5.5 + 11.0 * u[4],
        turn=u[5] * _ROTATION_PERIODS[figure],
        tint=u[6],
        light=0.16 + 0.20 * u[7],
        slope=u[8] * 2 * math.pi,
    )


def render(factors: Factors) -> NDArray[np.uint8]:
    """Render the images, uint8 ``[N, 3, 32, 32]``, with edges one pixel soft."""
    images = np.empty((len(factors.figure), 3, SIDE, SIDE), np.uint8)
    colours = np.array(list(COLOURS.values()), np.float32)[factors.colour, :, None, None]
    for number, (outline, _) in enumerate(OUTLINES.values()):
        rows = np.flatnonzero(factors.figure == number)
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            pixels = _background(factors, batch)
            pixels += (colours[batch] - pixels) * _coverage(factors, batch, outline)[:, None]
            images[batch] = np.clip(pixels + np.float32(0.5), np.float32(0.0), np.float32(255.0))
    return images


def _per_image(values: NDArray[np.float64]) -> Field:
    return values.astype(np.float32)[:, None, None]


def _pixel_centres() -> tuple[Field, Field]:
    line = np.arange(SIDE, dtype=np.float32) + np.float32(0.5)
    return line[None, None, :], line[None, :, None]


def _coverage(factors: Factors, rows: NDArray[np.intp], outline: Outline) -> Field:
    """Return how much of each pixel the figure covers, in [0, 1], ``[N, 32, 32]``."""
    x, y = _pixel_centres()
    x, y = x - _per_image(factors.x[rows]), y - _per_image(factors.y[rows])
    turn, radius = factors.turn[rows], factors.radius[rows]
    cos, sin = _per_image(np.cos(turn) / radius), _per_image(np.sin(turn) / radius)
    distance = outline(cos * x + sin * y, cos * y - sin * x) * _per_image(radius)
    coverage: Field = np.clip(np.float32(0.5) - distance, np.float32(0.0), np.float32(1.0))
    return coverage


def _background(factors: Factors, rows: NDArray[np.intp]) -> Field:
    """Return dark muted colours that brighten slightly in one direction, in [0, 255], ``[N, 3, 32, 32]``."""
    x, y = _pixel_centres()
    gradient = 0.07 * 255 / (SIDE / 2)
    slope = factors.slope[rows]
    ramp = _per_image(gradient * np.cos(slope)) * (x - SIDE / 2) + _per_image(gradient * np.sin(slope)) * (
        y - SIDE / 2
    )
    hue = 2 * math.pi * (factors.tint[rows, None] + np.arange(3) / 3)
    base = 255 * factors.light[rows, None] * (1 + 0.3 * np.cos(hue))
    background: Field = base.astype(np.float32)[:, :, None, None] + ramp[:, None]
    return background


class Shapes(ImageDataset):
    """Generated images with their factors."""

    def __init__(self, size: int, seed: int, split: Split, *, flip: bool = False) -> None:
        check_split(split)
        if size < 1:
            raise UserError(f"shapes: size must be at least 1, not {size}")
        self._factors = generate_factors(np.arange(size, dtype=np.int64), seed, split)
        pixels, labels = torch.from_numpy(render(self._factors)), torch.from_numpy(self._factors.figure)
        super().__init__("shapes", pixels, labels, FIGURES, split=split, flip=flip)

    def factors(self, index: Tensor) -> dict[str, Tensor]:
        """Return each field of :class:`Factors` for the images of ``index`` (int64 ``[N]``), as ``[N]``.

        Categorical factors are int64, the others float64. They describe the images before any flip.
        """
        rows = index.numpy()
        return {
            field.name: torch.from_numpy(getattr(self._factors, field.name)[rows])
            for field in fields(Factors)
        }

    def periods(self, index: Tensor) -> dict[str, Tensor]:
        """Return the period of each cyclic factor, float64 ``[N]``; 0 for the rotation of a circle."""
        ones = torch.ones(len(index), dtype=torch.float64)
        turn = torch.from_numpy(_ROTATION_PERIODS[self._factors.figure[index.numpy()]])
        return {"turn": turn, "tint": ones, "slope": ones * (2 * math.pi)}


@dataset("shapes")
def shapes(size: int = 20_000, seed: int = 0, split: Split = "train", flip: bool = False) -> Shapes:
    """Generated images, 32x32 RGB: 6 figures in 8 colours, every factor known; needs no file."""
    return Shapes(size, seed, split, flip=flip)
