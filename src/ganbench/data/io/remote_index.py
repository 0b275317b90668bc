"""Open the index of shards in a folder, or at a URL: its records are downloaded once, and memory-mapped from there."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
from filelock import FileLock

from ganbench.data.io.shard_index import (
    JSON_NAME,
    RECORD,
    RECORDS_NAME,
    ShardIndex,
    parse_header,
    read_index,
)
from ganbench.data.io.stores import Store, is_remote
from ganbench.errors import RunError, UserError
from ganbench.utils.files import new_folder, write_bytes
from ganbench.utils.paths import cache_folder
from ganbench.utils.sealed_json import parse_sealed

_MAX_JSON_BYTES = 2**26
_PART_BYTES = 2**22


def open_index(place: str, store: Store) -> ShardIndex:
    """Return the index of the shards in a store.

    Raises:
        UserError: there is no index, it is damaged, or it cannot be read or written to the cache.
    """
    if not is_remote(place):
        return read_index(Path(place))
    try:
        content = store.read_all(JSON_NAME, _MAX_JSON_BYTES)
    except RunError as error:
        raise UserError(str(error)) from error
    digest = hashlib.sha256(place.encode() + b"\0" + content).hexdigest()[:32]
    folder = cache_folder() / "shards" / f"index-{digest}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):  # other processes of this machine wait for the download
            if not folder.is_dir():
                _download(f"{place.rstrip('/')}/{JSON_NAME}", content, store, folder)
    except RunError as error:
        raise UserError(str(error)) from error
    except OSError as error:
        raise UserError(
            f"the index of {place} cannot be stored in {folder}: {error.strerror or error}; set GANBENCH_CACHE to a "
            "writable folder"
        ) from error
    return read_index(folder)


def _download(url: str, content: bytes, store: Store, folder: Path) -> None:
    try:
        value = parse_sealed(content, Path(url))
        if not isinstance(value, dict):
            raise ValueError("it holds no JSON object")
    except (ValueError, RecursionError) as error:
        raise UserError(f"{url} cannot be read: {error}") from error
    header = parse_header(value, url)
    size = records_bytes(header.items)
    with new_folder(folder) as temporary:
        with (temporary / RECORDS_NAME).open("wb") as file:
            for start in range(0, size, _PART_BYTES):
                file.write(store.read(RECORDS_NAME, start, min(_PART_BYTES, size - start)))
        write_bytes(temporary / JSON_NAME, content)
        try:
            read_index(temporary, check_all=True)
        except UserError as error:
            raise UserError(
                f"{RECORDS_NAME} of {url} does not belong to it; if the set is being replaced, try again later"
            ) from error


def records_bytes(items: int) -> int:
    """Return the size of the file of so many records."""
    header = io.BytesIO()
    description = {"descr": np.lib.format.dtype_to_descr(RECORD), "fortran_order": False, "shape": (items,)}
    np.lib.format.write_array_header_1_0(header, description)
    return len(header.getvalue()) + items * RECORD.itemsize
