"""A look at pictures before there is a data set: how large they are, and whether any of them is coloured."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ganbench.data.io.archive_file import read_archive
from ganbench.data.io.decode import BrokenPicture, read_file, read_picture
from ganbench.data.io.listing import list_pictures
from ganbench.errors import UserError

_MOST = 500  # pictures, spread evenly: enough for a middle, and some seconds at most


@dataclass(frozen=True)
class ImageStats:
    """Of ``stored`` pictures, some of which may be broken, the upright sizes (width, height) of those looked at."""

    stored: int
    sizes: tuple[tuple[int, int], ...]
    grey: bool

    @property
    def shorter(self) -> float:
        """The shorter side of the middle picture."""
        return statistics.median(min(size) for size in self.sizes) if self.sizes else 0.0

    def cut(self, height: int, width: int) -> tuple[int, float]:
        """Return how many have another shape than a size, and the share that cutting them costs the middle one."""
        shares = [1 - min(w * height, h * width) / max(w * height, h * width) for w, h in self.sizes]
        other = [share for share in shares if share > 0.01]  # less than a pixel or so
        return len(other), statistics.median(other) if other else 0.0


def image_stats(path: str) -> ImageStats:
    """Look at up to 500 pictures of a folder or an archive.

    Raises:
        UserError: there is nothing at the path, no picture in the folder, or the file is no archive.
    """
    place = Path(path)
    if not place.exists():
        raise UserError(f"there is no folder and no archive {place}")
    stored, stream = _folder(place) if place.is_dir() else _archive(place)
    sizes, grey = [], True
    for number in range(0, stored, max(1, stored // _MOST)):
        try:
            image = read_picture(stream(number)).image
        except BrokenPicture:
            continue
        sizes.append(image.size)
        grey = grey and _is_grey(image)
    return ImageStats(stored, tuple(sizes), grey and bool(sizes))


def _folder(place: Path) -> tuple[int, Callable[[int], bytes]]:
    listing = list_pictures(place)
    return len(listing.files), lambda number: read_file(place / listing.files[number])


def _archive(place: Path) -> tuple[int, Callable[[int], bytes]]:
    archive = read_archive(place)
    return len(archive), archive.stream


def _is_grey(image: Image.Image) -> bool:
    """Return whether a picture has no colour, however it is stored."""
    pixels = np.asarray(image)
    return pixels.ndim == 2 or bool((pixels == pixels[:, :, :1]).all())
