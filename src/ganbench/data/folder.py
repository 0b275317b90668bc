"""The user's own pictures: any folder, made into one set of one size."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
import torch
from numpy.typing import NDArray

from ganbench.data.images import ImageSet
from ganbench.data.io.broken import OnError, check_on_error, settle_broken
from ganbench.data.io.decode import BrokenPicture, channels_first, fit, read_file, read_picture
from ganbench.data.io.decoded import cache_key, load_decoded, save_decoded
from ganbench.data.io.listing import Listing, classes_of, list_pictures, shown
from ganbench.data.io.sizes import Size, height_width
from ganbench.data.registry import dataset


@dataset("folder")
def folder(
    path: str, size: Size = 32, grey: bool = False, on_error: OnError = "refuse", flip: bool = False
) -> ImageSet:
    """Your own pictures of any size, cut to the middle and resized; subfolders are classes."""
    # `size` is one number or (height, width). Resizing is Pillow's Lanczos, which does not alias.
    check_on_error(on_error)
    wanted = height_width(size)
    listing = list_pictures(path)
    content = decoded(listing, wanted, grey, on_error)
    labels, classes = classes_of([listing.files[row] for row in content.rows])
    return ImageSet(
        f"folder:{listing.root.resolve().name}",
        torch.from_numpy(content.pixels),
        None if labels is None else torch.tensor(labels),
        classes,
        split="all",
        flip=flip,
    )


@dataclass(frozen=True)
class Content:
    """Pixels ``[M, C, H, W]`` of sound files, their rows ``[M]`` in the listing; (name, reason) of others."""

    pixels: NDArray[np.uint8]
    rows: NDArray[np.int64]
    broken: list[tuple[str, str]]


def decoded(listing: Listing, size: tuple[int, int], grey: bool, on_error: OnError) -> Content:
    """Return the pictures of a listing, from the cache where they are unchanged.

    Raises:
        UserError: some are broken and are to be refused, or none is left.
    """
    key = cache_key("folder", _state(listing), size, grey)
    content = _kept(key)
    new = content is None
    if content is None:
        content = _decode(listing, size, grey)
    settle_broken(listing.root, content.broken, len(listing.files), on_error)
    if new:
        broken = np.array(content.broken, np.str_).reshape(-1, 2)
        save_decoded(key, {"pixels": content.pixels, "rows": content.rows, "broken": broken})
    return content


def _state(listing: Listing) -> str:
    """Return a hash of where the files are, their names, sizes and times.

    Hashing their content would cost as much as a good part of decoding them, at every start. The time of the
    last change (ctime) is what makes names and sizes enough: unlike the time of modification, no tool that
    copies, unpacks or edits files can set it back.
    """
    digest = hashlib.sha256(os.fsencode(listing.root.resolve()))
    for file in listing.files:
        try:
            stat = (listing.root / file).stat()
            state = f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}"
        except OSError:
            state = "unreadable"  # a link that leads nowhere
        digest.update(f"\0{state}:".encode() + os.fsencode(file))
    return digest.hexdigest()


def _kept(key: str) -> Content | None:
    arrays = load_decoded(key)
    if arrays is None or set(arrays) != {"pixels", "rows", "broken"}:
        return None
    broken = [(str(name), str(reason)) for name, reason in arrays["broken"]]
    return Content(arrays["pixels"].astype(np.uint8, copy=False), arrays["rows"].astype(np.int64), broken)


def _decode(listing: Listing, size: tuple[int, int], grey: bool) -> Content:
    def one(file: PurePath) -> NDArray[np.uint8] | str:
        try:
            image = fit(read_picture(read_file(listing.root / file)).image, size)
        except BrokenPicture as error:
            return str(error)
        return channels_first(image.convert("L" if grey else "RGB"))

    pixels = np.empty((len(listing.files), 1 if grey else 3, *size), np.uint8)
    rows: list[int] = []
    broken: list[tuple[str, str]] = []
    # Threads, since Pillow lets go of Python's lock while it decodes and resizes.
    with ThreadPoolExecutor() as pool:
        for row, result in enumerate(pool.map(one, listing.files)):
            if isinstance(result, str):
                broken.append((shown(listing.files[row]), result))
            else:
                pixels[len(rows)] = result
                rows.append(row)
    return Content(pixels[: len(rows)], np.array(rows, np.int64), broken)
