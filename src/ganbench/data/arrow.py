"""Images of Hugging Face's ``datasets`` on disk, read by position while training: Arrow folders and Parquet files."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganbench.data.base import DataInfo
from ganbench.data.io.decode import BrokenImageError, crop_and_resize, decode_image, to_channels_first
from ganbench.data.io.parquet_splits import WHOLE, choose_split, parquet_splits
from ganbench.data.io.sizes import Size, height_width
from ganbench.data.io.tar_shards import IMAGE_FORMATS
from ganbench.data.python_data import image_and_label_columns
from ganbench.data.registry import dataset
from ganbench.data.streamed_images import StreamedImages, start_threads
from ganbench.errors import RunError, UserError
from ganbench.utils.paths import cache_folder

_SAMPLED = 64  # items whose bytes are part of the fingerprint
_LABELS_AT_ONCE = 100_000


@dataset("arrow", streams=True)
def arrow(
    path: str,
    split: str | None = None,
    size: Size | None = None,
    grey: bool | None = None,
    flip: bool = False,
    block: int | None = None,
    threads: int = 0,
    ahead: int = 4,
    reference: int = 50_000,
) -> StreamedImages:
    """Images of Hugging Face's `datasets`: a folder of `save_to_disk`, or Parquet files, read while training."""
    workers = start_threads(threads)
    table, name = _open(path, split)
    items = ArrowItems(table, path, name, None if size is None else height_width(size), grey)
    return StreamedImages(items, workers, flip=flip, block=block, ahead=ahead, reference=reference)


def _open(path: str, split: str | None) -> tuple[Any, str]:
    """Return the memory-mapped table and the name of its split. Raises UserError if there is none."""
    if importlib.util.find_spec("datasets") is None:
        raise UserError("data=arrow needs datasets: pip install 'ganbench[arrow]'")
    import datasets
    from pyarrow import ArrowException

    place = Path(path)
    if place.is_dir() and not list(place.glob("*.parquet")):
        try:
            table: Any = datasets.load_from_disk(path, keep_in_memory=False)
        except (ArrowException, OSError, ValueError) as error:
            if files := sorted(place.rglob("*.arrow")):
                raise UserError(_describe_broken(path, files, error)) from error
            raise UserError(
                f"{path} is no folder of datasets' save_to_disk and has no .parquet files"
            ) from error
        return choose_split(table if isinstance(table, dict) else {WHOLE: table}, split, path)
    if not (place.is_dir() or place.is_file()):
        raise UserError(f"{path} does not exist")
    files, name = choose_split(parquet_splits(place), split, path)
    cache = cache_folder() / "arrow"
    try:
        table = datasets.Dataset.from_parquet([str(file) for file in files], cache_dir=str(cache))
    except (ArrowException, OSError, datasets.exceptions.DatasetGenerationError) as error:
        raise UserError(_describe_broken(path, files, error)) from error
    return table, name


def _describe_broken(path: str, files: Sequence[Path], error: Exception) -> str:
    """Return a sentence that names the first broken file, which the messages of pyarrow do not."""
    import pyarrow
    from pyarrow import parquet

    for file in files:
        try:
            if file.suffix == ".parquet":
                for _ in parquet.ParquetFile(file).iter_batches():
                    pass
            else:
                with pyarrow.memory_map(str(file)) as content:
                    pyarrow.ipc.open_stream(content).read_all()
        except (pyarrow.ArrowException, OSError) as reason:
            return f"{file} is broken: {reason}"
    return f"{path} cannot be read: {error.__cause__ or error}"


class ArrowItems:
    """Reads and decodes the images of a memory-mapped table.

    Args:
        table: a ``datasets.Dataset`` with one column of images and at most one of class labels.
        path: where it lies, for messages.
        split: the name of its split.
        size: (height, width) to crop and resize to; None for that of the first image, which all must have.
        grey: grey or colour; None as the first image is.

    Attributes:
        info: the description of the set.
        broken: empty; a broken image ends training.

    Raises:
        UserError: the table has no such columns, or no items.
    """

    def __init__(
        self, table: Any, path: str, split: str, size: tuple[int, int] | None, grey: bool | None
    ) -> None:
        import datasets

        image, label = image_and_label_columns(table)
        if not len(table):
            raise UserError(f"{path} holds no images")
        self.broken: dict[int, str] = {}
        self._path, self._column, self._label = path, image, label
        self._images = table.select_columns([image]).cast_column(image, datasets.Image(decode=False))
        self._labels = None if label is None else table.select_columns([label])
        classes = () if label is None else tuple(str(name) for name in table.features[label].names)
        try:
            first = self._decode(0)
        except BrokenImageError as error:
            raise UserError(f"the first image of {path} is broken: {error}") from error
        self._resize = size is not None
        self._size = size or (first.height, first.width)
        self._channels = (1 if first.mode == "L" else 3) if grey is None else 1 if grey else 3
        self.info = DataInfo(
            name=f"arrow:{Path(path).stem}",
            kind="image",
            shape=(self._channels, *self._size),
            size=len(table),
            fingerprint=self._fingerprint(),
            split=split,
            classes=classes,
        )

    def read(self, positions: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the images at some positions, uint8 ``[N, C, H, W]``.

        Raises:
            RunError: one is broken, or has another size.
        """
        pixels = np.empty((len(positions), *self.info.shape), np.uint8)
        mode = "L" if self._channels == 1 else "RGB"
        for row, position in enumerate(positions.tolist()):
            try:
                image = self._decode(position)
                if not self._resize and (image.height, image.width) != self._size:
                    height, width = self._size
                    raise BrokenImageError(
                        f"it is {image.width}x{image.height}, not {width}x{height}; data.size= resizes"
                    )
            except BrokenImageError as error:
                raise RunError(f"item {position} of {self._path} is broken: {error}") from error
            pixels[row] = to_channels_first(crop_and_resize(image, self._size).convert(mode))
        return pixels

    def labels(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the class numbers, int64 ``[N]``. Raises RunError if one is no class."""
        if self._labels is None:
            return np.zeros(len(positions), np.int64)
        values = self._labels[positions.tolist()][self._label]
        if any(value is None or not 0 <= value < len(self.info.classes) for value in values):
            raise RunError(f"{self._path} has an item whose label is no class")
        return np.array(values, np.int64)

    def class_counts(self) -> Sequence[int]:
        """Return the number of items of each class."""
        counts = np.zeros(len(self.info.classes), np.int64)
        for start in range(0, self.info.size, _LABELS_AT_ONCE):
            positions = np.arange(start, min(start + _LABELS_AT_ONCE, self.info.size))
            counts += np.bincount(self.labels(positions), minlength=len(counts))
        return counts.tolist()

    def _decode(self, position: int) -> Image.Image:
        return decode_image(self._bytes(position), IMAGE_FORMATS).image

    def _bytes(self, position: int) -> bytes:
        row = self._images[position][self._column]
        if row is None or (row["bytes"] is None and not row["path"]):
            raise BrokenImageError("it is empty")
        if row["bytes"] is not None:
            return bytes(row["bytes"])
        try:
            return Path(row["path"]).read_bytes()
        except OSError as error:
            raise BrokenImageError(f"{row['path']}: {error.strerror}") from error

    def _fingerprint(self) -> str:
        """Return a fingerprint of the size, the form, and the bytes and labels of evenly spaced items."""
        size = len(self._images)
        digest = hashlib.sha256(f"{size} {self._size} {self._channels}".encode())
        positions = np.unique(np.linspace(0, size - 1, min(size, _SAMPLED)).astype(np.int64))
        for position in positions.tolist():
            digest.update(hashlib.sha256(self._bytes(position)).digest())
        if self._labels is not None:
            digest.update(str(self._labels[positions.tolist()][self._label]).encode())
        return digest.hexdigest()[:16]
