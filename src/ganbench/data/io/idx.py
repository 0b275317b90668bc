"""The IDX files of MNIST and its relatives, read strictly, plain or gzipped."""

from __future__ import annotations

import gzip
import hashlib
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganbench.errors import UserError

_UNSIGNED_BYTES = 0x08
LARGEST = 2**26  # bytes; the largest of these files has 47 MB


def read_idx(path: Path, dimensions: int, md5: str) -> NDArray[np.uint8]:
    """Return the array in an IDX file of unsigned bytes; a name ending in ``.gz`` is unpacked.

    ``md5`` is that of the unpacked file: gzip headers hold times and names, which say nothing of the data.

    Raises:
        UserError: the file cannot be read, is garbled or truncated, or is not the official one.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    if len(raw) > LARGEST:
        raise UserError(f"{path} is no official file: unpacked it has more than {LARGEST >> 20} MiB")
    header = 4 + 4 * dimensions
    if len(raw) < header or raw[:4] != bytes((0, 0, _UNSIGNED_BYTES, dimensions)):
        raise UserError(
            f"{path} is no IDX file of unsigned bytes in {dimensions} dimensions: its header is wrong"
        )
    shape = tuple(int.from_bytes(raw[at : at + 4], "big") for at in range(4, header, 4))
    if len(raw) - header != math.prod(shape):
        raise UserError(
            f"{path} is truncated or garbled: {len(raw) - header} bytes of data, not {math.prod(shape)}"
        )
    found = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if found != md5:
        raise UserError(f"{path} is not the official file: its unpacked content has md5 {found}, not {md5}")
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)
