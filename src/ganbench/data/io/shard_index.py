"""The index of a folder of tar shards: where each item lies, so that a position leads straight to its bytes.

Two files beside the shards:

================ ==================================================================================================
``index.json``   format, name, count, size, channels, classes with their counts, shards, fingerprint; ends with its
                 own SHA-256
``index.npy``    one record of 24 bytes for each item, for memory-mapping: ``shard`` uint32 (its number in
                 ``index.json``), ``length`` uint32 and ``offset`` uint64 (bytes of the encoded image in the tar
                 file), ``crc32`` uint32 of these bytes, ``label`` int32 (-1: none)
================ ==================================================================================================
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganbench.errors import UserError
from ganbench.utils.files import read_json, write_sealed_json

RECORD = np.dtype(
    [("shard", "<u4"), ("length", "<u4"), ("offset", "<u8"), ("crc32", "<u4"), ("label", "<i4")]
)
JSON_NAME, RECORDS_NAME = "index.json", "index.npy"
FORMAT = "ganbench shards 1"
MAX_ITEM_BYTES = 2**28
_CHECKED_BYTES = 2**26  # records up to this size are checked when they are opened
Records = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class IndexHeader:
    """What ``index.json`` says.

    Attributes:
        name: the name of the data set.
        items: the number of items.
        size: (height, width) of all images; None if they differ.
        channels: 1 if all images are grey, else 3.
        classes: the class names; empty without labels.
        class_counts: the number of items of each class.
        shards: the name, size in bytes and number of items of each tar file, in the order of their items.
        fingerprint: the first 16 hex digits of a SHA-256 of the records and the header.
    """

    name: str
    items: int
    size: tuple[int, int] | None
    channels: int
    classes: tuple[str, ...]
    class_counts: tuple[int, ...]
    shards: tuple[tuple[str, int, int], ...]
    fingerprint: str


@dataclass(frozen=True)
class ShardIndex:
    """The header, and the records ``[N]`` of the dtype ``RECORD``, memory-mapped."""

    header: IndexHeader
    records: Records


def write_index(
    folder: Path,
    records: Records,
    *,
    name: str,
    size: tuple[int, int] | None,
    channels: int,
    classes: Sequence[str],
    shards: Sequence[tuple[str, int, int]],
) -> IndexHeader:
    """Write the index of the shards in a folder, ``index.json`` last: without it, there is no index.

    Raises:
        OSError: the folder is not writable.
    """
    counts = np.bincount(records["label"], minlength=len(classes)) if classes else np.zeros(0, np.int64)
    values: dict[str, Any] = {
        "name": name,
        "items": len(records),
        "size": size,
        "channels": channels,
        "classes": tuple(classes),
        "class_counts": tuple(counts.tolist()),
        "shards": tuple(shards),
    }
    header = IndexHeader(**values, fingerprint=_fingerprint(values, records))
    np.save(folder / RECORDS_NAME, records, allow_pickle=False)
    write_sealed_json(folder / JSON_NAME, {"format": FORMAT, **asdict(header)})
    return header


def has_index(folder: Path) -> bool:
    """Return whether a folder has an index of shards."""
    return (folder / JSON_NAME).is_file() and (folder / RECORDS_NAME).is_file()


def read_index(folder: Path, *, check_all: bool = False) -> ShardIndex:
    """Open the index in a folder. Records of at most 64 MiB, or all, are compared with the fingerprint.

    Raises:
        UserError: there is no index, or it is damaged.
    """
    if not (folder / JSON_NAME).is_file():
        raise UserError(
            f"{folder} has no {JSON_NAME}, so it holds no finished shards; for tar files of WebDataset, write one: "
            f"ganbench data index {folder}"
        )
    header = parse_header(read_json(folder / JSON_NAME), folder / JSON_NAME)
    path = folder / RECORDS_NAME
    try:
        records = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    if records.dtype != RECORD or records.shape != (header.items,):
        raise UserError(
            f"{path} is damaged, or belongs to another {JSON_NAME}: it has not {header.items:,} records"
        )
    if (check_all or records.nbytes <= _CHECKED_BYTES) and _fingerprint(
        _values(header), records
    ) != header.fingerprint:
        raise UserError(f"{path} has changed since it was written; write the index again")
    return ShardIndex(header, records)


def parse_header(value: Mapping[str, Any], path: Path | str) -> IndexHeader:
    """Return the header in a parsed ``index.json``.

    Raises:
        UserError: it is of another format, or damaged; the message names ``path``.
    """
    if value.get("format") != FORMAT:
        raise UserError(f"{path} is no index of shards of this version: its format is not '{FORMAT}'")
    try:
        size = value["size"]
        header = IndexHeader(
            name=str(value["name"]),
            items=int(value["items"]),
            size=None if size is None else (int(size[0]), int(size[1])),
            channels=int(value["channels"]),
            classes=tuple(map(str, value["classes"])),
            class_counts=tuple(map(int, value["class_counts"])),
            shards=tuple(
                (_safe_name(name), int(length), int(count)) for name, length, count in value["shards"]
            ),
            fingerprint=str(value["fingerprint"]),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UserError(f"{path} is damaged: {error}") from error
    consistent = (
        header.items > 0
        and header.items == sum(count for _, _, count in header.shards)
        and header.channels in (1, 3)
        and len(header.class_counts) == len(header.classes)
        and (header.size is None or min(header.size) > 0)
    )
    if not consistent:
        raise UserError(f"{path} is damaged: its counts do not fit together")
    return header


def _safe_name(name: Any) -> str:
    path = PurePosixPath(str(name))
    if path.is_absolute() or ".." in path.parts or "\\" in str(name) or not path.name:
        raise ValueError(f"'{name}' is not the name of a file beside it")
    return str(path)


def _values(header: IndexHeader) -> dict[str, Any]:
    values = asdict(header)
    del values["fingerprint"]
    return values


def _fingerprint(values: Mapping[str, Any], records: Records) -> str:
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
    for start in range(0, len(records), 2**20):
        digest.update(np.ascontiguousarray(records[start : start + 2**20]).tobytes())
    return digest.hexdigest()[:16]
