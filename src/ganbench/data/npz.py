"""Arrays in one ``.npz`` file, written whole or not at all, and read without ever loading a pickle."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganbench.atomic import atomic_file

Arrays = dict[str, NDArray[Any]]


class DamagedFile(Exception):
    """The file cannot be read as arrays. The message says why."""


def read_npz(path: Path) -> Arrays:
    """Return every array in the file. The zip format checks a CRC-32 of each as it is read.

    Raises:
        DamagedFile: it is missing, damaged, no ``.npz`` file, or holds pickled objects.
    """
    try:
        loaded = np.load(path, allow_pickle=False)
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            raise DamagedFile("it is no .npz file")
        with loaded as file:
            arrays = {name: file[name] for name in file.files}
            # NumPy hands out the bytes of an entry that is no array.
            if not all(isinstance(array, np.ndarray) for array in arrays.values()):
                raise DamagedFile("it holds files that are no arrays")
            return arrays
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
