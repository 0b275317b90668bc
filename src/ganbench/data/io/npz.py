"""Write ``.npz`` files atomically, and read them safely: no pickles, no decompression bombs."""

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
MAX_RATIO = 100  # of unpacked size to file size; our own files are uncompressed
ALWAYS_ALLOWED = 2**26  # bytes; smaller files may have any ratio


class DamagedFile(Exception):
    """The file is not a readable file of arrays. The message says why."""


def read_npz(path: Path) -> Arrays:
    """Return every array in the file, after checking the CRC-32 of each.

    Raises:
        DamagedFile: the file is missing, damaged or not an ``.npz`` file, holds pickled objects, or would unpack to
            far more than its own size, which is checked before memory is allocated.
    """
    try:
        if path.is_file() and not zipfile.is_zipfile(path):
            raise DamagedFile("it is not an .npz file")
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
    """Raise DamagedFile if the unpacked file is too large, or an array's header claims more than the file holds."""
    unpacked = sum(part.file_size for part in file.infolist())
    if unpacked > max(ALWAYS_ALLOWED, MAX_RATIO * size):
        raise DamagedFile(
            f"its {size:,} bytes would unpack to {unpacked:,}, more than {MAX_RATIO} times as many"
        )
    for part in file.infolist():
        with file.open(part) as stream:
            claimed = _claimed_bytes(stream)
        if claimed > part.file_size:
            raise DamagedFile(
                f"'{part.filename}' claims to have {claimed:,} bytes, but has {part.file_size:,}"
            )


def _claimed_bytes(stream: IO[bytes]) -> int:
    """Return the size of an array's file according to its header. Raises ValueError if it is not an array."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    return math.prod(shape) * dtype.itemsize + stream.tell()


def _read(file: zipfile.ZipFile, part: zipfile.ZipInfo) -> NDArray[Any]:
    with file.open(part) as stream:
        array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
        return array


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write the arrays, uncompressed. The same arrays always give the same bytes.

    Raises:
        OSError: the folder is missing or not writable.
    """
    with atomic_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            # An explicit ZipInfo has a fixed date; a bare name could get the current time.
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)
