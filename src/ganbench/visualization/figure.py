"""What all drawn figures share: the two colours of real and generated, and bytes that depend on nothing else."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REAL, FAKE = "#2ca02c", "#1f77b4"  # green and blue, as the mode-collapse papers draw them


def png_bytes(figure: Figure, dpi: int = 100) -> bytes:
    """Return the figure as a PNG; the same drawing gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()
