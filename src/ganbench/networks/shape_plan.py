"""How often a picture can be halved until its map is small: the plan of every network of levels."""

from __future__ import annotations

from ganbench.errors import UserError


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


def require_sizes(name: str, **sizes: int) -> None:
    """Raise UserError if one of a network's arguments that count something is below 1."""
    for word, size in sizes.items():
        if size < 1:
            raise UserError(f"{name}: {word} must be at least 1, but is {size}")


def require_picture(name: str, shape: tuple[int, ...], *, least: int = 1, step: int = 1) -> None:
    """Raise UserError if the shape is not ``(C, H, W)`` with sides of at least ``least`` and multiples of ``step``."""
    if len(shape) != 3 or shape[0] < 1:
        raise UserError(f"{name}: shape must be (channels, height, width) of a picture, but is {shape}")
    if min(shape[1:]) < least or any(side % step for side in shape[1:]):
        sides = f"at least {least} pixels" + (f" and multiples of {step}" if step > 1 else "")
        raise UserError(f"{name}: sides must be {sides}, but are {shape[1]} and {shape[2]}")
