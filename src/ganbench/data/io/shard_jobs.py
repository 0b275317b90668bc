"""Write or read one shard: the work that processes share."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganbench.data.io.decode import BrokenImageError, crop_and_resize, decode_image, read_image_bytes
from ganbench.data.io.listing import printable_path
from ganbench.data.io.shard_index import RECORD, Records
from ganbench.data.io.tar_shards import scan_shard, write_shard


@dataclass(frozen=True)
class FileImages:
    """Image files to crop and resize to ``size`` (height, width)."""

    root: Path
    paths: Sequence[PurePath]
    size: tuple[int, int]
    grey: bool


@dataclass(frozen=True)
class WriteJob:
    """A shard to write.

    Attributes:
        path: the tar file.
        first: the number of its first item, for its name.
        images: files, or pixels uint8 ``[N, C, H, W]``.
        labels: their class numbers; None without classes.
    """

    path: Path
    first: int
    images: FileImages | NDArray[np.uint8]
    labels: Sequence[int] | None


@dataclass(frozen=True)
class ShardResult:
    """A shard that is written or read.

    Attributes:
        name: its name in the folder.
        size: its size in bytes.
        records: one record for each item; numbers of shards and labels are filled in later.
        labels: the labels as written: numbers, names or None.
        broken: (name, reason) of each broken image.
        sizes: the sizes of the images, (height, width).
        grey: whether all images are grey.
    """

    name: str
    size: int
    records: Records
    labels: list[int | str | None]
    broken: list[tuple[str, str]]
    sizes: set[tuple[int, int]]
    grey: bool


def write_one(job: WriteJob) -> ShardResult:
    """Write a shard; broken images are left out. Without a good image, there is no file. Raises OSError."""
    broken: list[tuple[str, str]] = []
    labels: list[int | str | None] = []
    sizes: set[tuple[int, int]] = set()
    modes: set[str] = set()

    def items() -> Iterator[tuple[str, bytes, int | None]]:
        for row, image in _images(job.images, broken):
            label = None if job.labels is None else job.labels[row]
            labels.append(label)
            sizes.add((image.height, image.width))
            modes.add(image.mode)
            buffer = io.BytesIO()
            image.save(buffer, "PNG")
            yield f"{job.first + row:09d}", buffer.getvalue(), label

    with job.path.open("wb") as file:
        places = write_shard(file, items())
        file.flush()
        os.fsync(file.fileno())
    size = job.path.stat().st_size
    if not places:
        job.path.unlink()
    return ShardResult(job.path.name, size, _records(places), labels, broken, sizes, modes == {"L"})


def _images(
    images: FileImages | NDArray[np.uint8], broken: list[tuple[str, str]]
) -> Iterator[tuple[int, Image.Image]]:
    """Yield the row and the image of each good one, and add the others to ``broken``."""
    if not isinstance(images, FileImages):
        for row, pixels in enumerate(images):
            yield row, Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0))
        return
    for row, path in enumerate(images.paths):
        try:
            image = crop_and_resize(decode_image(read_image_bytes(images.root / path)).image, images.size)
        except BrokenImageError as error:
            broken.append((printable_path(path), str(error)))
            continue
        yield row, image.convert("L" if images.grey else "RGB")


def scan_one(job: tuple[Path, str]) -> ShardResult:
    """Read a shard by its folder and name. Raises UserError if it cannot be used."""
    folder, name = job
    items, broken = scan_shard(folder / name)
    places = [(item.offset, item.length, item.crc32) for item in items]
    return ShardResult(
        name,
        (folder / name).stat().st_size,
        _records(places),
        [item.label for item in items],
        broken,
        {item.size for item in items},
        all(item.grey for item in items),
    )


def _records(places: Sequence[tuple[int, int, int]]) -> Records:
    """Return records of (offset, length, CRC-32)."""
    records = np.zeros(len(places), RECORD)
    if places:
        records["offset"], records["length"], records["crc32"] = zip(*places, strict=True)
    records["label"] = -1
    return records
