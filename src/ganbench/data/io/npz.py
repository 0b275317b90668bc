"""Write ``.npz`` files atomically, and read them safely: no pickles, no decompression bombs, no damaged bytes.

Our own files end with a comment that holds their SHA-256. In files of other programs, the CRC-32 of each array and the
number of arrays are checked.
"""

from __future__ import annotations

import hashlib
import math
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ganbench.utils.files import atomic_file
from ganbench.utils.regular_file import open_regular

Arrays = dict[str, NDArray[Any]]
MAX_RATIO = 100  # of unpacked size to file size; our own files are uncompressed
ALWAYS_ALLOWED = 2**26  # bytes; smaller files may have any ratio
_SEAL = b"ganbench sha256 "
_DIGEST_LENGTH = 64
UNSEALED = _SEAL + b"0" * _DIGEST_LENGTH
_MIN_MAPPED_BYTES = 2**20
_LOCAL = struct.Struct("<26s2H")  # the record before a file in a zip file: the lengths of what follows
_END = struct.Struct("<4s4H2LH")  # the last record of a zip file: the third number is how many files it has


class DamagedFile(Exception):
    """The file is not a readable file of arrays. The message says why."""


def read_npz(path: Path, *, sealed: bool = False, mapped: bool = False) -> Arrays:
    """Return every array in the file, after checking all checksums.

    Args:
        path: the file.
        sealed: whether the file must hold its own SHA-256, as those of :func:`write_npz` do.
        mapped: whether to memory-map large arrays of bytes that are stored uncompressed, in place of reading them, so
            that processes share them. Writing into one changes only the process's own copy. Only for sealed files,
            since it skips the CRC-32.

    Raises:
        DamagedFile: the file is missing, damaged or not an ``.npz`` file, holds pickled objects, or would unpack to
            far more than its own size, which is checked before memory is allocated.
    """
    try:
        with open_regular(path) as file:
            _check_seal(file, required=sealed)
            if not zipfile.is_zipfile(file):
                raise DamagedFile("it is not an .npz file")
            with zipfile.ZipFile(file) as archive:
                _check_number_of_arrays(file, archive)
                _refuse_bombs(archive, path.stat().st_size)
                return {
                    part.filename.removesuffix(".npy"): _map(file, part)
                    if sealed and mapped and _is_mappable(part)
                    else _read(archive, part)
                    for part in archive.infolist()
                }
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
        struct.error,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise DamagedFile(str(error) or type(error).__name__) from error


def _check_seal(file: BinaryIO, *, required: bool) -> None:
    """Raise DamagedFile unless the SHA-256 at the end of the file is that of all bytes before it."""
    size = file.seek(0, 2)
    length = len(_SEAL) + _DIGEST_LENGTH
    file.seek(max(size - length, 0))
    tail = file.read(length)
    if not tail.startswith(_SEAL):
        if required:
            raise DamagedFile("it has no checksum, as those of earlier versions")
    elif _digest(file, size - _DIGEST_LENGTH) != tail[len(_SEAL) :]:
        raise DamagedFile("it has changed since it was written (its SHA-256 differs)")


def _digest(file: BinaryIO, length: int) -> bytes:
    """Return the SHA-256 of the first ``length`` bytes, in hexadecimal."""
    digest = hashlib.sha256()
    file.seek(0)
    while length > 0 and (block := file.read(min(length, 2**20))):
        digest.update(block)
        length -= len(block)
    return digest.hexdigest().encode()


def _check_number_of_arrays(file: BinaryIO, archive: zipfile.ZipFile) -> None:
    """Raise DamagedFile unless the archive lists as many arrays as its last record says, none twice."""
    length = _END.size + len(archive.comment)
    file.seek(-length, 2)
    signature, _, _, _, count, _, _, comment_length = _END.unpack(file.read(_END.size))
    names = archive.namelist()
    is_whole = signature == b"PK\5\6" and comment_length == len(archive.comment)
    if not is_whole or count not in (len(names), 0xFFFF) or len(set(names)) != len(names):
        raise DamagedFile("its list of arrays is damaged")


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
        if stream.read(1):  # reading to the end also checks the CRC-32
            raise DamagedFile(f"'{part.filename}' is longer than its header says")
        return array


def _is_mappable(part: zipfile.ZipInfo) -> bool:
    return part.compress_type == zipfile.ZIP_STORED and part.file_size >= _MIN_MAPPED_BYTES


def _map(file: BinaryIO, part: zipfile.ZipInfo) -> NDArray[Any]:
    """Return a stored array as a memory-map that never writes to the file; numbers that need aligning are read."""
    file.seek(part.header_offset)
    _, name_length, extra_length = _LOCAL.unpack(file.read(_LOCAL.size))
    file.seek(name_length + extra_length, 1)
    if np.lib.format.read_magic(file) != (1, 0):
        raise DamagedFile(f"'{part.filename}' has a header of another version")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    if fortran or dtype.hasobject:
        raise DamagedFile(f"'{part.filename}' has an order or a type that ganbench does not write")
    if dtype.itemsize > 1:
        array: NDArray[Any] = np.fromfile(file, dtype, math.prod(shape)).reshape(shape)
        return array
    return np.memmap(file, dtype, mode="c", offset=file.tell(), shape=shape)


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write the arrays, uncompressed, with a checksum of the whole file. The same arrays always give the same bytes.

    Raises:
        OSError: the folder is missing or not writable.
    """
    with atomic_file(path) as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name, array in arrays.items():
                with archive.open(_entry(name, zipfile.ZIP_STORED), "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, array, allow_pickle=False)
            archive.comment = UNSEALED
        seal(file)


def write_npz_in_parts(
    path: Path, name: str, parts: Iterable[NDArray[Any]], count: int, arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write a compressed file with one array that comes in parts, which need not fit into memory together.

    Args:
        path: the file.
        name: the name of that array.
        parts: its rows in order, each part of the same dtype and shape of rows, ``[n, ...]``.
        count: the number of all rows.
        arrays: further arrays by name.

    Raises:
        OSError: the folder is missing, not writable or full.
    """
    with atomic_file(path) as file:
        with zipfile.ZipFile(file, "w") as archive:
            with archive.open(_entry(name, zipfile.ZIP_DEFLATED), "w", force_zip64=True) as entry:
                written = 0
                for part in parts:
                    if not written:
                        descriptor = np.lib.format.dtype_to_descr(part.dtype)
                        header = {
                            "descr": descriptor,
                            "fortran_order": False,
                            "shape": (count, *part.shape[1:]),
                        }
                        np.lib.format.write_array_header_1_0(entry, header)
                    entry.write(np.ascontiguousarray(part).data.cast("B"))
                    written += len(part)
            if written != count:
                raise ValueError(f"{written} rows were to be {count}")
            for other, array in arrays.items():
                with archive.open(_entry(other, zipfile.ZIP_DEFLATED), "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, array, allow_pickle=False)
            archive.comment = UNSEALED
        seal(file)


def _entry(name: str, method: int) -> zipfile.ZipInfo:
    """Return the description of an array's file. It has a fixed date; a bare name could get the current time."""
    entry = zipfile.ZipInfo(f"{name}.npy")
    entry.compress_type = method
    return entry


def seal(file: BinaryIO) -> None:
    """Write the SHA-256 of a zip file, open for reading and writing, into its comment, which is ``UNSEALED``."""
    size = file.seek(0, 2)
    digest = _digest(file, size - _DIGEST_LENGTH)
    file.seek(-_DIGEST_LENGTH, 2)
    file.write(digest)
