"""Helpers for matplotlib figures: the colours of real and generated data, and reproducible PNG bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_INVERT = 0.91
# rotates hues by 180 degrees and keeps the luminance, as the standard of CSS filters defines it
_HALF_TURN = np.array([[-0.574, 1.43, 0.144], [0.426, 0.43, 0.144], [0.426, 1.43, -0.856]])
REAL, FAKE = "#2ca02c", "#1f77b4"  # green and blue, as in papers on mode collapse


def figure_png(figure: Figure, dpi: int = 100) -> bytes:
    """Return a figure as PNG bytes; equal figures give equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def dark_plot(png: bytes) -> bytes:
    """Return a plot for a dark page: light on dark, with the same hues, as ``img.plot`` in reports.

    These are CSS's filters ``invert(.91) hue-rotate(180deg)``.
    """
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    pixels = np.asarray(image, np.float64) / 255
    colours = (_INVERT + (1 - 2 * _INVERT) * pixels[..., :3]) @ _HALF_TURN.T
    dark = np.concatenate([colours.clip(0, 1), pixels[..., 3:]], axis=2)
    buffer = io.BytesIO()
    Image.fromarray((dark * 255).round().astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def is_plot(png: bytes) -> bool:
    """Whether a PNG is a figure of matplotlib, which has an alpha channel, and not a grid of images."""
    colour_type = png[25:26]
    return png.startswith(b"\x89PNG") and colour_type == b"\x06"
