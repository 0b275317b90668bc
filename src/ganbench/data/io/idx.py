"""Read the IDX files of MNIST and Fashion-MNIST strictly, plain or gzipped."""

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
MAX_BYTES = 2**26  # the largest official file has 47 MB


def read_idx(path: Path, dimensions: int, md5: str) -> NDArray[np.uint8]:
    """Return the array of an IDX file of unsigned bytes.

    Args:
        path: the file; a name ending in ``.gz`` is decompressed.
        dimensions: the number of dimensions that the array must have.
        md5: the MD5 of the decompressed file (a gzip header contains a time and a name, so its hash is not unique).

    Raises:
        UserError: the file is unreadable, garbled or truncated, or is not the official one.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    if len(raw) > MAX_BYTES:
        raise UserError(f"{path} is not an official file: unpacked it has more than {MAX_BYTES >> 20} MiB")
    header = 4 + 4 * dimensions
    if len(raw) < header or raw[:4] != bytes((0, 0, _UNSIGNED_BYTES, dimensions)):
        raise UserError(
            f"{path} is not an IDX file of unsigned bytes in {dimensions} dimensions: its header is wrong"
        )
    shape = tuple(int.from_bytes(raw[at : at + 4], "big") for at in range(4, header, 4))
    if len(raw) - header != math.prod(shape):
        raise UserError(
            f"{path} is truncated or garbled: {len(raw) - header} bytes of data, not {math.prod(shape)}"
        )
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if digest != md5:
        raise UserError(f"{path} is not the official file: its unpacked content has md5 {digest}, not {md5}")
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)
