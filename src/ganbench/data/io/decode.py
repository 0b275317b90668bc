"""Encoded pictures to upright 8-bit grey or RGB, whatever they were stored as."""

from __future__ import annotations

import io
import os
import stat
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "PPM")
LARGEST = 64_000_000  # pixels
LARGEST_FILE = 2**28  # bytes
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's readers are known to raise on damaged files; UnidentifiedImageError is an OSError.
_DAMAGE = (
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


class BrokenPicture(Exception):
    """The bytes are no picture that we read. The message says why."""


@dataclass(frozen=True)
class Picture:
    """An upright picture of mode "L" or "RGB", with the format and the mode that it was stored in."""

    image: Image.Image
    format: str
    mode: str


def read_file(path: Path) -> bytes:
    """Return the bytes of a file that may be a picture; links are followed.

    Raises:
        BrokenPicture: it cannot be read, is a pipe or a device (which may never end), or has more than 256 MiB.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise BrokenPicture("it is no ordinary file")
            if found.st_size > LARGEST_FILE:
                raise BrokenPicture(
                    f"the file has {found.st_size:,} bytes, which is above {LARGEST_FILE >> 20} MiB"
                )
            return file.read(LARGEST_FILE)
    except OSError as error:
        raise BrokenPicture(error.strerror or str(error)) from error


def _without_waiting(path: str, flags: int) -> int:
    """Open a pipe, too, at once: reading would wait for somebody who writes."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_picture(data: bytes, formats: tuple[str, ...] = FORMATS, largest: int | None = None) -> Picture:
    """Decode one picture (the first frame of a moving one), turned as its EXIF says, transparency on white.

    Raises:
        BrokenPicture: not one of the formats, damaged, or above ``largest`` pixels (64 million unless given).
    """
    most = LARGEST if largest is None else largest
    if not data:
        raise BrokenPicture("the file is empty")
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
        # Before any pixel is decoded: a file of some kilobytes may ask for gigabytes.
        if image.width * image.height > most:
            raise BrokenPicture(f"{image.width}x{image.height} is above {most // 1_000_000} megapixels")
        image.load()
        plain, turn = _plain(image), _turn(image)
        return Picture(plain if turn is None else plain.transpose(turn), image.format or "?", image.mode)
    except UnidentifiedImageError as error:
        raise BrokenPicture("not a picture that we read") from error
    except _DAMAGE as error:
        raise BrokenPicture(str(error) or type(error).__name__) from error


def _turn(image: Image.Image) -> Image.Transpose | None:
    """Return what makes the picture upright, by its EXIF orientation."""
    try:
        return _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
    except _DAMAGE:
        return None  # unreadable notes beside a readable picture: as good as none


def _plain(image: Image.Image) -> Image.Image:
    """Return the picture as "L" or "RGB"."""
    if image.mode.startswith("I"):
        # 16 bits: Pillow's own conversion clips at 255 instead of scaling.
        wide = np.asarray(image).astype(np.float64).clip(0, 65535)
        return Image.fromarray((wide / 257 + 0.5).astype(np.uint8))
    if image.mode == "F":
        raise BrokenPicture("pictures of floating-point numbers are not read: their range is unknown")
    mode = "L" if image.mode in ("L", "LA", "1") else "RGB"
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    return image if image.mode == mode else image.convert(mode)


def fit(image: Image.Image, size: tuple[int, int] | None) -> Image.Image:
    """Cut the middle of the picture to the shape of ``size`` (height, width), then resize it with Lanczos.

    Pillow's Lanczos widens its window when it shrinks, so that nothing is aliased. A picture that has the
    size already stays as it is, bit for bit.
    """
    if size is None or (image.height, image.width) == size:
        return image
    height, width = size
    scale = min(image.width / width, image.height / height)
    # Rounding must not lead outside the picture, which Pillow refuses.
    left, top = max(0.0, (image.width - scale * width) / 2), max(0.0, (image.height - scale * height) / 2)
    box = (left, top, min(image.width, left + scale * width), min(image.height, top + scale * height))
    return image.resize((width, height), Image.Resampling.LANCZOS, box=box)


def channels_first(image: Image.Image) -> NDArray[np.uint8]:
    """Return an "L" or "RGB" picture as uint8 ``[1 or 3, H, W]``."""
    pixels = np.asarray(image)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
