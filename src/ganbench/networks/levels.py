"""How often a picture can be halved until its map is small: the plan of every network of levels."""

from __future__ import annotations

from ganbench.errors import UserError
from ganbench.networks.sizes import require_picture, require_sizes


def plan_levels(
    name: str, shape: tuple[int, ...], smallest: int = 4, **sizes: int
) -> tuple[tuple[int, int], int]:
    """Return the sides of the smallest map and how many halvings lead to it.

    The map's shorter side is from ``smallest`` to ``2 * smallest - 1``. ``shape`` is ``(C, H, W)``; ``name`` is
    the network's and ``sizes`` are its other arguments that count something, for what is refused.

    Raises ``UserError`` if a size is below 1, ``shape`` is no picture's, or a side cannot be halved so often.
    """
    require_sizes(name, **sizes)
    require_picture(name, shape, least=0)
    _, height, width = shape
    least = 2 * smallest
    if min(height, width) < least:
        raise UserError(f"{name}: pictures must be at least {least}x{least}, but are {height}x{width}")
    levels = _halvings(height, width, smallest)
    step = 2**levels
    if height % step or width % step:
        near = [
            (height // step * step, width // step * step),
            (-(-height // step) * step, -(-width // step) * step),
        ]
        fits = " or ".join(
            f"{h}x{w}"
            for h, w in near
            if h % 2 ** _halvings(h, w, smallest) == w % 2 ** _halvings(h, w, smallest) == 0
        )
        raise UserError(f"{name}: {height}x{width} cannot be halved {levels} times; {fits} would do")
    return (height // step, width // step), levels


def _halvings(height: int, width: int, smallest: int) -> int:
    """Return how many halvings leave the shorter side at ``smallest`` to ``2 * smallest - 1``."""
    return (min(height, width) // smallest).bit_length() - 1
