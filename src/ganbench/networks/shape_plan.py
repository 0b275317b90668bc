"""Checks of networks' sizes, and how often an image must be halved to reach a small map."""

from __future__ import annotations

from ganbench.errors import UserError


def plan_levels(
    network: str, shape: tuple[int, ...], min_map_side: int = 4, **sizes: int
) -> tuple[tuple[int, int], int]:
    """Return the sides of the smallest map and the number of halvings from the image to it.

    Args:
        network: The network's name, for error messages.
        shape: ``(C, H, W)`` of an image.
        min_map_side: The map's shorter side is from this to ``2 * min_map_side - 1``.
        **sizes: Other arguments of the network that must be at least 1.

    Raises:
        UserError: A size is below 1, ``shape`` is not an image's, or a side cannot be halved that often.
    """
    require_sizes(network, **sizes)
    require_image_shape(network, shape, min_side=0)
    _, height, width = shape
    min_side = 2 * min_map_side
    if min(height, width) < min_side:
        raise UserError(f"{network}: images must be at least {min_side}x{min_side}, but are {height}x{width}")
    levels = _halvings(height, width, min_map_side)
    step = 2**levels
    if height % step or width % step:
        candidates = [
            (height // step * step, width // step * step),
            (-(-height // step) * step, -(-width // step) * step),
        ]
        valid = " or ".join(
            f"{h}x{w}"
            for h, w in candidates
            if h % 2 ** _halvings(h, w, min_map_side) == w % 2 ** _halvings(h, w, min_map_side) == 0
        )
        raise UserError(f"{network}: {height}x{width} cannot be halved {levels} times; use {valid}")
    return (height // step, width // step), levels


def _halvings(height: int, width: int, min_map_side: int) -> int:
    """Return how many halvings leave the shorter side at ``min_map_side`` to ``2 * min_map_side - 1``."""
    return (min(height, width) // min_map_side).bit_length() - 1


def require_sizes(network: str, **sizes: int) -> None:
    """Raise UserError if one of a network's size arguments is below 1."""
    for name, size in sizes.items():
        if size < 1:
            raise UserError(f"{network}: {name} must be at least 1, but is {size}")


def require_image_shape(
    network: str, shape: tuple[int, ...], *, min_side: int = 1, multiple_of: int = 1
) -> None:
    """Raise UserError unless ``shape`` is ``(C, H, W)`` with large enough sides that are multiples of a number."""
    if len(shape) != 3 or shape[0] < 1:
        raise UserError(f"{network}: shape must be (channels, height, width) of an image, but is {shape}")
    if min(shape[1:]) < min_side or any(side % multiple_of for side in shape[1:]):
        sides = f"at least {min_side} pixels" + (
            f" and multiples of {multiple_of}" if multiple_of > 1 else ""
        )
        raise UserError(f"{network}: sides must be {sides}, but are {shape[1]} and {shape[2]}")
