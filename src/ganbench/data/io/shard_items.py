"""Items of shards by position: record, bytes, checksum, pixels; broken ones are refused, or replaced and counted."""

from __future__ import annotations

import hashlib
import threading
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganbench.data.base import DataInfo
from ganbench.data.io.broken_images import OnError
from ganbench.data.io.decode import BrokenImageError, crop_and_resize, decode_image, to_channels_first
from ganbench.data.io.shard_index import MAX_ITEM_BYTES, ShardIndex
from ganbench.data.io.stores import Store
from ganbench.data.io.tar_shards import HEADER_BYTES, IMAGE_FORMATS, member_name
from ganbench.errors import RunError

_MAX_NAMED = 5
_MAX_BROKEN_IN_A_ROW = 100
_WINDOW = 4096  # records to look through at once


@dataclass(frozen=True)
class ImageForm:
    """The shape of decoded items.

    Attributes:
        size: (height, width).
        resize: whether images of another size are cropped and resized; else they are broken.
        channels: 1 for grey, 3 for colour.
    """

    size: tuple[int, int]
    resize: bool
    channels: int


class ShardItems:
    """Reads and decodes items; may be called from several threads, and the result does not depend on them.

    Args:
        index: where the items lie.
        store: reads their bytes; it raises RunError.
        form: the shape to decode to.
        on_broken: "refuse" raises for a broken item; "skip" replaces it by the next good one of its class, so that
            labels and the number of items stay.

    Attributes:
        info: the description of the set.
        broken: why the item at a position is broken, of those that were replaced.
    """

    def __init__(self, index: ShardIndex, store: Store, form: ImageForm, on_broken: OnError) -> None:
        self.index, self.form, self.broken = index, form, dict[int, str]()
        self._store, self._on_broken, self._lock = store, on_broken, threading.Lock()
        self._records = index.records.view(np.ndarray)  # still mapped, but faster to read one by one
        header = index.header
        key = f"{header.fingerprint} {form.size} {form.channels}"
        self.info = DataInfo(
            name=f"shards:{header.name}",
            kind="image",
            shape=(form.channels, *form.size),
            size=header.items,
            fingerprint=hashlib.sha256(key.encode()).hexdigest()[:16],
            split="all",
            classes=header.classes,
        )

    def read(self, positions: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the items at some positions, uint8 ``[N, C, H, W]``.

        Raises:
            RunError: a shard cannot be read, or an item is broken and is not to be replaced.
        """
        pixels = np.empty((len(positions), self.form.channels, *self.form.size), np.uint8)
        for row, position in enumerate(positions.tolist()):
            pixels[row] = self._item(position)
        return pixels

    def labels(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the class numbers, int64 ``[N]``. Raises RunError if the index holds one that is no class."""
        labels = self._records["label"][positions].astype(np.int64)
        if len(labels) and (labels.min() < 0 or labels.max() >= len(self.index.header.classes)):
            raise RunError(
                f"the index of {self._store.place} is damaged: an item has a label that is no class"
            )
        return labels

    def class_counts(self) -> Sequence[int]:
        """Return the number of items of each class."""
        return self.index.header.class_counts

    def _item(self, position: int) -> NDArray[np.uint8]:
        wanted = position
        for _ in range(_MAX_BROKEN_IN_A_ROW):
            known = self.broken.get(position)
            try:
                if known is None:
                    return self._decode(position)
            except BrokenImageError as error:
                if self._on_broken == "refuse":
                    raise RunError(
                        f"{self._describe(position)} is broken: {error}; broken=skip replaces such items by the next "
                        "good one of their class"
                    ) from error
                self._count(position, str(error))
            position = self._next_of_class(position)
        raise RunError(
            f"{self._describe(wanted)} and the next {_MAX_BROKEN_IN_A_ROW - 1} items of its class are broken"
        )

    def _decode(self, position: int) -> NDArray[np.uint8]:
        image = decode_image(self._bytes(position), IMAGE_FORMATS).image
        if not self.form.resize and (image.height, image.width) != self.form.size:
            height, width = self.form.size
            raise BrokenImageError(f"it is {image.width}x{image.height}, not {width}x{height}")
        mode = "L" if self.form.channels == 1 else "RGB"
        resized = crop_and_resize(image, self.form.size)
        return to_channels_first(resized if resized.mode == mode else resized.convert(mode))

    def _bytes(self, position: int) -> bytes:
        """Return the encoded image. Raises BrokenImageError if its checksum differs, even when it is read anew."""
        record = self._records[position]
        shard, offset, length = int(record["shard"]), int(record["offset"]), int(record["length"])
        shards = self.index.header.shards
        if shard >= len(shards) or not 0 < length <= min(MAX_ITEM_BYTES, shards[shard][1] - offset):
            raise BrokenImageError("its record in the index leads out of the shard")
        name = shards[shard][0]
        content = self._store.read(name, offset, length)
        if zlib.crc32(content) != record["crc32"]:
            self._store.forget(name, offset, length)
            content = self._store.read(name, offset, length)
            if zlib.crc32(content) != record["crc32"]:
                raise BrokenImageError("its CRC-32 differs from that in the index")
        return content

    def _next_of_class(self, position: int) -> int:
        """Return the next position with the same label, round the end of the set; the same one if it has no other."""
        records, size = self._records, len(self._records)
        label = int(records["label"][position])
        start, left = position + 1, size
        while left > 0:
            start %= size
            window = records["label"][start : start + min(_WINDOW, left)]
            found = np.flatnonzero(window == label)
            if len(found):
                return start + int(found[0])
            start, left = start + len(window), left - len(window)
        return position

    def _count(self, position: int, reason: str) -> None:
        with self._lock:
            if position in self.broken:
                return
            self.broken[position] = reason
            count = len(self.broken)
        if count <= _MAX_NAMED:
            more = "" if count < _MAX_NAMED else "; further ones are counted but not named"
            warnings.warn(
                f"{self._describe(position)} is broken and replaced: {reason} ({count} so far{more})",
                stacklevel=2,
            )

    def _describe(self, position: int) -> str:
        record = self._records[position]
        shard, offset = int(record["shard"]), int(record["offset"])
        shards = self.index.header.shards
        if shard >= len(shards):
            return f"item {position} of {self._store.place}"
        name = shards[shard][0]
        try:
            member = member_name(self._store.read(name, offset - HEADER_BYTES, HEADER_BYTES))
        except RunError:
            member = ""
        return f"item {position}{f' ({member})' if member else ''} of {name} in {self._store.place}"
