"""Outlines of plane figures as signed distance functions: negative inside, positive outside."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Outline = Callable[[Field, Field], Field]


def circle(x: Field, y: Field) -> Field:
    """A disc of radius 0.86."""
    return np.sqrt(x * x + y * y) - np.float32(0.86)


def square(x: Field, y: Field) -> Field:
    """A square of half side 0.74."""
    return np.maximum(np.abs(x), np.abs(y)) - np.float32(0.74)


def triangle(x: Field, y: Field) -> Field:
    """An equilateral triangle, one corner up at distance 1.1 from the centre."""
    slope = np.float32(3**0.5 / 2) * np.abs(x) - np.float32(0.5) * y
    return np.maximum(slope, y) - np.float32(0.55)


def star(x: Field, y: Field) -> Field:
    """A star with five rays of length 1.1."""
    # Three reflections fold the plane so that only one edge remains, from a tip to the adjacent notch.
    cos36, sin36 = np.float32(0.80901699), np.float32(0.58778525)
    x = np.abs(x)
    y = -y
    for side in (np.float32(1.0), np.float32(-1.0)):
        fold = np.float32(2.0) * np.maximum(side * cos36 * x - sin36 * y, np.float32(0.0))
        x, y = x - side * cos36 * fold, y + sin36 * fold
    x = np.abs(x)
    y = y - np.float32(1.1)
    edge_x, edge_y = np.float32(0.5) * sin36, np.float32(0.5) * cos36 - np.float32(1.0)
    along = (x * edge_x + y * edge_y) / (edge_x * edge_x + edge_y * edge_y)
    along = np.minimum(np.maximum(along, np.float32(0.0)), np.float32(1.1))
    off_x, off_y = x - edge_x * along, y - edge_y * along
    distance = np.sqrt(off_x * off_x + off_y * off_y)
    return np.where(y * edge_x - x * edge_y > 0, distance, -distance)


def cross(x: Field, y: Field) -> Field:
    """A plus sign with arms of length 0.98 and half width 0.33."""
    x, y = np.abs(x), np.abs(y)
    arm, width = np.float32(0.98), np.float32(0.33)
    plus: Field = np.minimum(np.maximum(x - arm, y - width), np.maximum(x - width, y - arm))
    return plus


def moon(x: Field, y: Field) -> Field:
    """A crescent: a disc of radius 0.98 with a bite taken from its right side."""
    disc = np.sqrt(x * x + y * y) - np.float32(0.98)
    dx = x - np.float32(0.52)
    bite = np.float32(0.76) - np.sqrt(dx * dx + y * y)
    crescent: Field = np.maximum(disc, bite)
    return crescent


#: Each figure and the order of its rotational symmetry (0: any rotation).
OUTLINES: dict[str, tuple[Outline, int]] = {
    "circle": (circle, 0),
    "triangle": (triangle, 3),
    "square": (square, 4),
    "star": (star, 5),
    "cross": (cross, 4),
    "moon": (moon, 1),
}
