"""Image sizes as users give them: one number for a square, or height and width."""

from __future__ import annotations

from ganbench.errors import UserError

Size = int | tuple[int, int]


def height_width(size: Size) -> tuple[int, int]:
    """Return (height, width) in pixels.

    Raises:
        UserError: a side is below 1.
    """
    height, width = (size, size) if isinstance(size, int) else size
    if height < 1 or width < 1:
        raise UserError(f"an image cannot be {width}x{height}: both sides must be at least 1")
    return height, width
