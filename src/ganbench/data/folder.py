"""A folder of the user's images, as a data set of one size."""

from __future__ import annotations

import hashlib
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ganbench.data.images import ImageDataset
from ganbench.data.io.broken_images import OnError, check_on_error, report_broken_images
from ganbench.data.io.decode import (
    BrokenImageError,
    crop_and_resize,
    decode_image,
    read_image_bytes,
    to_channels_first,
)
from ganbench.data.io.decoded_cache import cache_key, cached
from ganbench.data.io.listing import (
    ImageFiles,
    classes_from_folders,
    list_images,
    lost_classes,
    printable_path,
)
from ganbench.data.io.sizes import Size, height_width
from ganbench.data.registry import dataset


@dataset("folder")
def folder(
    path: str, size: Size = 32, grey: bool = False, on_error: OnError = "refuse", flip: bool = False
) -> ImageDataset:
    """Your own images of any size, cropped to the centre and resized; subfolders are classes."""
    # `size` is one number or (height, width). Resizing uses Pillow's Lanczos filter, which does not alias.
    check_on_error(on_error)
    files = list_images(path, on_error)
    content = load_images(files, height_width(size), grey, on_error)
    labels, classes = classes_from_folders([files.paths[row] for row in content.rows])
    for sentence in lost_classes(files, classes):
        warnings.warn(sentence, stacklevel=2)
    return ImageDataset(
        f"folder:{files.root.resolve().name}",
        torch.from_numpy(content.pixels),
        None if labels is None else torch.tensor(labels),
        classes,
        split="all",
        flip=flip,
    )


@dataclass(frozen=True)
class DecodedImages:
    """The images of a folder.

    Attributes:
        pixels: the readable images, uint8 ``[M, C, H, W]``.
        rows: the position of each in the list of files, ``[M]``.
        broken: (name, reason) of each unreadable file.
    """

    pixels: NDArray[np.uint8]
    rows: NDArray[np.int64]
    broken: list[tuple[str, str]]


def load_images(files: ImageFiles, size: tuple[int, int], grey: bool, on_error: OnError) -> DecodedImages:
    """Return decoded images, from the cache if the files are unchanged.

    Args:
        files: the files to decode.
        size: (height, width) of the results.
        grey: whether to convert the images to grey.
        on_error: what to do about broken images.

    Raises:
        UserError: some images are broken and ``on_error`` is "refuse", or all are broken.
    """

    def decode() -> dict[str, NDArray[Any]]:
        content = _decode(files, size, grey)
        if on_error == "refuse" or not len(content.rows):  # then nothing is cached
            report_broken_images(files.root, content.broken, len(files.paths), on_error)
        broken = np.array(content.broken, np.str_).reshape(-1, 2)
        return {"pixels": content.pixels, "rows": content.rows, "broken": broken}

    arrays = cached(cache_key("folder", _state_hash(files), size, grey), decode)
    broken = [(str(name), str(reason)) for name, reason in arrays["broken"]]
    report_broken_images(files.root, broken, len(files.paths), on_error)
    return DecodedImages(arrays["pixels"], arrays["rows"], broken)


def _state_hash(files: ImageFiles) -> str:
    """Return a hash of the folder's path and of the files' names, sizes and times.

    Hashing their content would cost a good part of the time of decoding, at every start. The change time (ctime)
    makes names and sizes sufficient: unlike the modification time, it cannot be set back by tools that copy, unpack
    or edit files.
    """
    digest = hashlib.sha256(os.fsencode(files.root.resolve()))
    for path in files.paths:
        try:
            stat = (files.root / path).stat()
            state = f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}"
        except OSError:
            state = "unreadable"  # a broken link
        digest.update(f"\0{state}:".encode() + os.fsencode(path))
    return digest.hexdigest()


def _decode(files: ImageFiles, size: tuple[int, int], grey: bool) -> DecodedImages:
    def decode(path: PurePath) -> NDArray[np.uint8] | str:
        try:
            image = crop_and_resize(decode_image(read_image_bytes(files.root / path)).image, size)
        except BrokenImageError as error:
            return str(error)
        return to_channels_first(image.convert("L" if grey else "RGB"))

    pixels = np.empty((len(files.paths), 1 if grey else 3, *size), np.uint8)
    rows: list[int] = []
    broken: list[tuple[str, str]] = []
    # Threads suffice: Pillow releases the GIL while it decodes and resizes.
    with ThreadPoolExecutor() as pool:
        for row, result in enumerate(pool.map(decode, files.paths)):
            if isinstance(result, str):
                broken.append((printable_path(files.paths[row]), result))
            else:
                pixels[len(rows)] = result
                rows.append(row)
    return DecodedImages(pixels[: len(rows)], np.array(rows, np.int64), broken)
