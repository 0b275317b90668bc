"""The shape of an autoencoder's code as a map of positions."""

from __future__ import annotations

from ganbench.errors import UserError

FACTOR = 4  # by which the sides of a code are smaller than those of the image


def code_shape(owner: str, shape: tuple[int, ...], size: int) -> tuple[int, int, int]:
    """Return the shape ``(channels, H / 4, W / 4)`` of a code of ``size`` numbers for images ``(C, H, W)``.

    Raises:
        UserError: the items are no images, their sides no multiples of 4, or the size no multiple of the positions.
    """
    if len(shape) != 3 or any(side < FACTOR or side % FACTOR for side in shape[1:]):
        raise UserError(
            f"{owner} needs images whose sides are multiples of {FACTOR}, not items of shape {shape}"
        )
    height, width = shape[1] // FACTOR, shape[2] // FACTOR
    if size < 1 or size % (height * width):
        raise UserError(
            f"{owner}: a code of {size} numbers does not fit its {height} x {width} positions; take a multiple"
        )
    return size // (height * width), height, width
