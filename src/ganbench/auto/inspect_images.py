"""Statistics of an image folder or archive before it is loaded: sizes, and whether any image has colour."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ganbench.data.io.archive_file import read_archive
from ganbench.data.io.decode import BrokenImageError, decode_image, read_image_bytes
from ganbench.data.io.listing import list_images
from ganbench.errors import UserError

_MAX_INSPECTED = 500  # enough for a median, and a few seconds at most


@dataclass(frozen=True)
class ImageStats:
    """Statistics of a sample of images.

    Attributes:
        total: The number of stored images, broken ones included.
        sizes: Upright (width, height) of the inspected images that are not broken.
        grey: Whether all of these are grey.
    """

    total: int
    sizes: tuple[tuple[int, int], ...]
    grey: bool

    @property
    def shorter_side(self) -> float:
        """The median of the images' shorter sides, in pixels."""
        return statistics.median(min(size) for size in self.sizes) if self.sizes else 0.0

    def cropping(self, height: int, width: int) -> tuple[int, float]:
        """Return how many images do not have this aspect ratio, and the median share of them that cropping removes."""
        shares = [1 - min(w * height, h * width) / max(w * height, h * width) for w, h in self.sizes]
        cropped = [share for share in shares if share > 0.01]  # ignores differences of about a pixel
        return len(cropped), statistics.median(cropped) if cropped else 0.0


def inspect_images(path: str) -> ImageStats:
    """Inspect up to 500 evenly spaced images of a folder or an archive.

    Raises:
        UserError: the path does not exist, the folder has no images, or the file is not an archive.
    """
    location = Path(path)
    if not location.exists():
        raise UserError(f"there is no folder or archive {location}")
    total, read_bytes = _open_folder(location) if location.is_dir() else _open_archive(location)
    sizes, grey = [], True
    count = min(total, _MAX_INSPECTED)
    for number in range(count):
        try:
            image = decode_image(read_bytes(number * total // count)).image
        except BrokenImageError:
            continue
        sizes.append(image.size)
        grey = grey and _is_grey(image)
    return ImageStats(total, tuple(sizes), grey and bool(sizes))


def _open_folder(folder: Path) -> tuple[int, Callable[[int], bytes]]:
    """Return the number of images and a function that returns the bytes of one by index."""
    listing = list_images(folder, None)  # the data set itself refuses or names what cannot be read
    return len(listing.paths), lambda index: read_image_bytes(folder / listing.paths[index])


def _open_archive(file: Path) -> tuple[int, Callable[[int], bytes]]:
    archive = read_archive(file)
    return len(archive), archive.image_bytes


def _is_grey(image: Image.Image) -> bool:
    """Return whether an image has no colour, whatever its mode."""
    pixels = np.asarray(image)
    return pixels.ndim == 2 or bool((pixels == pixels[:, :, :1]).all())
