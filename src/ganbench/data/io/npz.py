"""Arrays in one ``.npz`` file, written whole or not at all, and read without ever loading a pickle."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ganbench.utils.files import atomic_file

Arrays = dict[str, NDArray[Any]]
MOST = 100  # times the size of the file, to which it may unpack; what we write is not packed
FREE = 2**26  # bytes that are never too many


class DamagedFile(Exception):
    """The file cannot be read as arrays. The message says why."""


def read_npz(path: Path) -> Arrays:
    """Return every array in the file. The zip format checks a CRC-32 of each as it is read.

    Raises:
        DamagedFile: it is missing, damaged, no ``.npz`` file, holds pickled objects, or would unpack to far more
            than its own size, which is found out before any memory is taken.
    """
    try:
        if path.is_file() and not zipfile.is_zipfile(path):
            raise DamagedFile("it is no .npz file")
        with zipfile.ZipFile(path) as file:
            _refuse_bombs(file, path.stat().st_size)
            return {part.filename.removesuffix(".npy"): _read(file, part) for part in file.infolist()}
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        EOFError,
        OverflowError,
        MemoryError,
        NotImplementedError,
        RuntimeError,
        SyntaxError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise DamagedFile(str(error) or type(error).__name__) from error


def _refuse_bombs(file: zipfile.ZipFile, size: int) -> None:
    """Raise DamagedFile if the parts, or an array by its own words, are larger than the file allows."""
    unpacked = sum(part.file_size for part in file.infolist())
    if unpacked > max(FREE, MOST * size):
        raise DamagedFile(f"its {size:,} bytes would unpack to {unpacked:,}, more than {MOST} times as many")
    for part in file.infolist():
        with file.open(part) as stream:
            claimed = _claimed(stream)
        if claimed > part.file_size:
            raise DamagedFile(
                f"'{part.filename}' says that it has {claimed:,} bytes, and has {part.file_size:,}"
            )


def _claimed(stream: IO[bytes]) -> int:
    """Return how long an array's file is by its header. Raises ValueError if it is no array."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, kind = np.lib.format.read_array_header_1_0(stream)
    else:
        shape, _, kind = np.lib.format.read_array_header_2_0(stream)
    return math.prod(shape) * kind.itemsize + stream.tell()


def _read(file: zipfile.ZipFile, part: zipfile.ZipInfo) -> NDArray[Any]:
    with file.open(part) as stream:
        array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
        return array


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write the arrays, uncompressed. The same arrays always give the same bytes.

    Raises:
        OSError: the folder is missing or cannot be written.
    """
    with atomic_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            # A ZipInfo of our own has a fixed date, where a bare name might get the clock's.
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)
