"""Data sets stored as one file of encoded images: any archive, and two with names."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ganbench.data.classes import describe_empty_classes, empty_classes
from ganbench.data.images import ImageDataset
from ganbench.data.io.archive_file import Archive, read_archive
from ganbench.data.io.decode import BrokenImageError, crop_and_resize, decode_image, to_channels_first
from ganbench.data.io.decoded_cache import cache_key, cached
from ganbench.data.io.sizes import Size, height_width
from ganbench.data.registry import dataset
from ganbench.data.split import Split, check_split
from ganbench.errors import UserError
from ganbench.utils.paths import data_roots, first_existing_file, missing_files_error

_FORMATS = ("JPEG", "PNG")


@dataset("archive")
def archive(path: str, size: Size | None = None, flip: bool = False) -> ImageDataset:
    """Images of one archive file, as `ganbench data prepare` writes it; resized if a size is given."""
    return _load(f"archive:{Path(path).name}", Path(path), size, "all", flip)


def _find(name: str, stem: str) -> Path | None:
    return first_existing_file(root / name / f"{stem}.npz" for root in data_roots())


@dataset("cifar10-jpeg", find=lambda: _find("cifar10-jpeg", "train"))
def cifar10_jpeg(split: Split = "train", flip: bool = True) -> ImageDataset:
    """CIFAR-10 compressed as JPEG, 32x32 RGB in 10 classes; its scores do not compare with CIFAR-10's."""
    return _load_named("cifar10-jpeg", split, split, flip)


@dataset("imagenette64", find=lambda: _find("imagenette64", "train"))
def imagenette64(split: Split = "train", flip: bool = True) -> ImageDataset:
    """Imagenette: photographs, 64x64 RGB in 10 classes; the test split is its validation set."""
    return _load_named("imagenette64", split, "train" if split == "train" else "val", flip)


def _load_named(name: str, split: Split, stem: str, flip: bool) -> ImageDataset:
    check_split(split)
    path = _find(name, stem)
    if path is None:
        raise missing_files_error(name, f"{name}/{stem}.npz")
    return _load(name, path, None, split, flip)


def _load(name: str, path: Path, size: Size | None, split: str, flip: bool) -> ImageDataset:
    shape = None if size is None else height_width(size)
    content = read_archive(path)
    with path.open("rb") as file:
        key = cache_key("archive", hashlib.file_digest(file, "sha256").hexdigest(), shape)
    pixels = cached(key, lambda: {"pixels": _decode(path, content, shape)})["pixels"]
    labels = None if content.labels is None else torch.from_numpy(content.labels)
    if empty := empty_classes(labels, content.classes):
        warnings.warn(f"in {path}, {describe_empty_classes(empty, content.classes)}", stacklevel=3)
    return ImageDataset(name, torch.from_numpy(pixels), labels, content.classes, split=split, flip=flip)


def _decode(path: Path, content: Archive, size: tuple[int, int] | None) -> NDArray[np.uint8]:
    """Return uint8 ``[N, C, H, W]``; C is 1 only if every image is grey."""
    pixels = np.empty(0, np.uint8)
    colour = False
    for number in range(len(content)):
        try:
            resized = crop_and_resize(decode_image(content.image_bytes(number), _FORMATS).image, size)
        except BrokenImageError as error:
            raise UserError(f"image {number} of {path} is broken: {error}") from error
        image = to_channels_first(resized)
        if not number:
            pixels = np.empty((len(content), 3, *image.shape[1:]), np.uint8)
        if pixels.shape[2:] != image.shape[1:]:
            first, this = (f"{i.shape[-1]}x{i.shape[-2]}" for i in (pixels, image))
            raise UserError(
                f"image {number} of {path} is {this}, but image 0 is {first}: give a size, as in size=64"
            )
        pixels[number] = image  # repeats the channel of a grey image among colour ones
        colour = colour or len(image) > 1
    return pixels if colour else pixels[:, :1].copy()
