"""Decode images of any format to upright 8-bit grey or RGB."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ganbench.utils.regular_file import read_regular

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "PPM")
MAX_PIXELS = 64_000_000
MAX_FILE_BYTES = 2**28
_ORIENTATION = 0x0112  # the EXIF tag
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Raw modes of 16-bit numbers in PNG files, and those that read their low bytes.
_LOW_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L", "LA;16B": "RGBA"}
# Exceptions that Pillow raises on damaged files; UnidentifiedImageError is an OSError.
_DECODE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


class BrokenImageError(Exception):
    """An image cannot be decoded. The message says why."""


@dataclass(frozen=True)
class DecodedImage:
    """An upright image of mode "L" or "RGB", with the format and the mode in which it was stored."""

    image: Image.Image
    format: str
    mode: str


def read_image_bytes(path: Path) -> bytes:
    """Return the bytes of an image file; links are followed.

    Raises:
        BrokenImageError: the file is unreadable, is a pipe or a device (which may never end), or exceeds 256 MiB.
    """
    try:
        return read_regular(path, MAX_FILE_BYTES)
    except OSError as error:
        raise BrokenImageError(error.strerror or str(error)) from error


def decode_image(
    data: bytes, formats: tuple[str, ...] = FORMATS, max_pixels: int | None = None
) -> DecodedImage:
    """Decode one image, rotated by its EXIF orientation, on a white background; of an animation, the first frame.

    Raises:
        BrokenImageError: the format is not one of ``formats``, or the image is damaged or has more than
            ``max_pixels`` pixels (default 64 million).
    """
    limit = MAX_PIXELS if max_pixels is None else max_pixels
    if not data:
        raise BrokenImageError("the file is empty")
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
        # Checked before decoding: a file of a few kilobytes may expand to gigabytes.
        if image.width * image.height > limit:
            raise BrokenImageError(f"{image.width}x{image.height} is above {limit // 1_000_000} megapixels")
        raw_mode = str(image.tile[0].args) if image.tile else ""  # loading forgets it
        image.load()
        wide = _scale_16_bit_rgb(data, image, raw_mode)
        plain, transpose = wide or _to_grey_or_rgb(image), _upright_transpose(image)
        upright = plain if transpose is None else plain.transpose(transpose)
        return DecodedImage(upright, image.format or "?", image.mode)
    except UnidentifiedImageError as error:
        raise BrokenImageError("the image format is not supported") from error
    except _DECODE_ERRORS as error:
        raise BrokenImageError(str(error) or type(error).__name__) from error


def _upright_transpose(image: Image.Image) -> Image.Transpose | None:
    """Return the operation that makes the image upright, by its EXIF orientation."""
    try:
        return _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
    except _DECODE_ERRORS:
        return None  # damaged EXIF data in a readable image are ignored


def _scale_16_bit_rgb(data: bytes, image: Image.Image, raw_mode: str) -> Image.Image | None:
    """Return a PNG of 16 bits per colour as "RGB", scaled and rounded; None for any other image.

    Pillow keeps the high byte of each number and drops the low one. Read in the other byte order, it keeps the low one;
    a grey level and an opacity are also read as four numbers of one byte.
    """
    if image.format != "PNG" or raw_mode not in _LOW_BYTES:
        return None
    low = Image.open(io.BytesIO(data))
    low.tile = [low.tile[0]._replace(args=_LOW_BYTES[raw_mode])]
    low.load()
    low_bytes = np.asarray(low)
    if raw_mode == "LA;16B":
        low_bytes = low_bytes[..., [1, 1, 1, 3]]
    wide = np.asarray(image).astype(np.float64) * 256 + low_bytes
    colours, opacity = wide[..., :3], wide[..., 3:] / 65535
    if isinstance(transparent := image.info.get("transparency"), tuple):  # a colour, as PNG stores it
        opacity = (colours != transparent).any(2, keepdims=True)
    if opacity.size:
        colours = colours * opacity + 65535 * (1 - opacity)
    return Image.fromarray((colours / 257 + 0.5).astype(np.uint8))


def _to_grey_or_rgb(image: Image.Image) -> Image.Image:
    """Return the image as "L" or "RGB"."""
    if image.mode.startswith("I"):
        # 16 bits: Pillow's conversion would clip at 255 instead of scaling.
        wide = np.asarray(image).astype(np.float64).clip(0, 65535)
        if isinstance(transparent := image.info.get("transparency"), int):  # a grey level, as PNG stores it
            wide[wide == transparent] = 65535
        return Image.fromarray((wide / 257 + 0.5).astype(np.uint8))
    if image.mode == "F":
        raise BrokenImageError("images of floating-point numbers are not supported: their range is unknown")
    mode = "L" if image.mode in ("L", "LA", "1") else "RGB"
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    return image if image.mode == mode else image.convert(mode)


def crop_and_resize(image: Image.Image, size: tuple[int, int] | None) -> Image.Image:
    """Crop the centre of the image to the aspect ratio of ``size`` (height, width), then resize it with Lanczos.

    Pillow's Lanczos filter widens its window when shrinking, so there is no aliasing. An image that already has the
    size is returned unchanged.
    """
    if size is None or (image.height, image.width) == size:
        return image
    height, width = size
    scale = min(image.width / width, image.height / height)
    # Rounding must not exceed the image, which Pillow would reject.
    left, top = max(0.0, (image.width - scale * width) / 2), max(0.0, (image.height - scale * height) / 2)
    box = (left, top, min(image.width, left + scale * width), min(image.height, top + scale * height))
    return image.resize((width, height), Image.Resampling.LANCZOS, box=box)


def to_channels_first(image: Image.Image) -> NDArray[np.uint8]:
    """Return an "L" or "RGB" image as uint8 ``[1 or 3, H, W]``."""
    pixels = np.asarray(image)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
