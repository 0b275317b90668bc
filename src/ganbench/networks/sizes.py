"""What sizes a network can be built for: the refusals that networks share."""

from __future__ import annotations

from ganbench.errors import UserError


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
