"""Cache decoded pixels on disk, so that each machine decodes a set once, and holds it in memory once."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import PIL
from filelock import FileLock
from numpy.typing import NDArray

from ganbench.data.io.npz import Arrays, DamagedFile, read_npz, write_npz
from ganbench.utils.paths import cache_folder

_DECODER_VERSION = 2  # increase it when decode.py turns the same bytes into other pixels


def cache_key(*parts: object) -> str:
    """Return a key of the parts, our decoder's version and Pillow's version, on which JPEG rounding depends."""
    text = repr((_DECODER_VERSION, PIL.__version__, parts))
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:32]


def cached(key: str, decode: Callable[[], Mapping[str, NDArray[Any]]]) -> Arrays:
    """Return the arrays stored under the key; if there are none, decode and store them first.

    Of several processes, the first decodes and the others wait. Large arrays are memory-mapped, so that all processes
    of a machine share one copy; writing into them changes neither the file nor another process.
    """
    with _one_process(key):
        arrays = load_decoded(key)
        if arrays is not None:
            return arrays
        decoded = decode()
        return dict(decoded) if not save_decoded(key, decoded) else load_decoded(key) or dict(decoded)


@contextmanager
def _one_process(key: str) -> Iterator[None]:
    """Hold the key's lock, if the cache folder is writable and its file system has locks."""
    folder = cache_folder() / "locks"
    lock = FileLock(folder / f"{key}.lock", fallback_to_soft=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError:
        yield  # each process decodes for itself; saving warns
        return
    try:
        yield
    finally:
        lock.release()


def load_decoded(key: str) -> Arrays | None:
    """Return the arrays stored under the key after checking the file's SHA-256; None if they must be decoded again.

    A damaged file is replaced after a warning.
    """
    path = _path(key)
    if not path.exists():
        return None
    try:
        return read_npz(path, sealed=True, mapped=True)
    except DamagedFile as error:
        warnings.warn(f"the images are decoded again, since {path} cannot be used: {error}", stacklevel=2)
        return None


def save_decoded(key: str, arrays: Mapping[str, NDArray[Any]]) -> bool:
    """Store the arrays under the key, and return whether it worked; warn if the cache folder is not writable."""
    path = _path(key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_npz(path, arrays)
        return True
    except OSError as error:
        warnings.warn(
            f"decoded images are not cached in {path.parent} ({error}) and are decoded again each time; "
            "set GANBENCH_CACHE to a writable folder",
            stacklevel=2,
        )
        return False


def _path(key: str) -> Path:
    return cache_folder() / "decoded" / f"{key}.npz"
