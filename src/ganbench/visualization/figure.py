"""Helpers for matplotlib figures: the colours of real and generated data, and reproducible PNG bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REAL, FAKE = "#2ca02c", "#1f77b4"  # green and blue, as in papers on mode collapse


def figure_png(figure: Figure, dpi: int = 100) -> bytes:
    """Return a figure as PNG bytes; equal figures give equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def is_plot(png: bytes) -> bool:
    """Whether a PNG is a figure of matplotlib, which has an alpha channel, and not a grid of images."""
    colour_type = png[25:26]
    return png.startswith(b"\x89PNG") and colour_type == b"\x06"
