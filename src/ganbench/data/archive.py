"""Data sets kept as one file of encoded pictures: anybody's, and the two that have a name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ganbench.data.images import ImageSet
from ganbench.data.io.archive_file import Archive, read_archive
from ganbench.data.io.decode import BrokenPicture, channels_first, fit, read_picture
from ganbench.data.io.decoded import cache_key, load_decoded, save_decoded
from ganbench.data.io.sizes import Size, height_width
from ganbench.data.registry import dataset
from ganbench.data.split import Split, check_split
from ganbench.errors import UserError
from ganbench.utils.paths import first_file, roots, where_to_put

_STREAMS = ("JPEG", "PNG")


@dataset("archive")
def archive(path: str, size: Size | None = None, flip: bool = False) -> ImageSet:
    """Pictures of one archive file (`ganbench data prepare` writes it), resized where a size is given."""
    return _image_set(f"archive:{Path(path).name}", Path(path), size, "all", flip)


@dataset("cifar10-jpeg")
def cifar10_jpeg(split: Split = "train", flip: bool = True) -> ImageSet:
    """CIFAR-10 (JPEG), 32x32 RGB in 10 classes: JPEG-compressed, so scores do not compare with CIFAR-10's."""
    return _named("cifar10-jpeg", split, split, flip)


@dataset("imagenette64")
def imagenette64(split: Split = "train", flip: bool = True) -> ImageSet:
    """Imagenette at 64x64, RGB photographs in 10 classes; the test split is its val."""
    return _named("imagenette64", split, "train" if split == "train" else "val", flip)


def _named(name: str, split: Split, stem: str, flip: bool) -> ImageSet:
    check_split(split)
    path = first_file(root / name / f"{stem}.npz" for root in roots())
    if path is None:
        raise where_to_put(name, f"{name}/{stem}.npz")
    return _image_set(name, path, None, split, flip)


def _image_set(name: str, path: Path, size: Size | None, split: str, flip: bool) -> ImageSet:
    wanted = None if size is None else height_width(size)
    content = read_archive(path)
    with path.open("rb") as file:
        key = cache_key("archive", hashlib.file_digest(file, "sha256").hexdigest(), wanted)
    pixels = _kept(key, len(content))
    if pixels is None:
        pixels = _decode(path, content, wanted)
        save_decoded(key, {"pixels": pixels})
    labels = None if content.labels is None else torch.from_numpy(content.labels)
    return ImageSet(name, torch.from_numpy(pixels), labels, content.classes, split=split, flip=flip)


def _kept(key: str, number: int) -> NDArray[np.uint8] | None:
    pixels = (load_decoded(key) or {}).get("pixels")
    if pixels is None or pixels.dtype != np.uint8 or pixels.ndim != 4 or len(pixels) != number:
        return None
    return pixels.astype(np.uint8, copy=False)


def _decode(path: Path, content: Archive, size: tuple[int, int] | None) -> NDArray[np.uint8]:
    """Return uint8 ``[N, C, H, W]``; C is 1 only if every picture is grey."""
    pictures = []
    for number in range(len(content)):
        try:
            image = fit(read_picture(content.stream(number), _STREAMS).image, size)
        except BrokenPicture as error:
            raise UserError(f"picture {number} of {path} is broken: {error}") from error
        pictures.append(channels_first(image))
        if pictures[0].shape[1:] != pictures[-1].shape[1:]:
            first, this = (f"{p.shape[2]}x{p.shape[1]}" for p in (pictures[0], pictures[-1]))
            raise UserError(
                f"picture {number} of {path} is {this}, but picture 0 is {first}: give a size, as in size=64"
            )
    channels = max(picture.shape[0] for picture in pictures)
    stack = np.empty((len(pictures), channels, *pictures[0].shape[1:]), np.uint8)
    for number, picture in enumerate(pictures):
        stack[number] = picture  # grey among colour: the one channel three times
    return stack
