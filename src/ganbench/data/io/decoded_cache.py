"""Cache decoded pixels on disk, so that each machine decodes a set once."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import PIL
from numpy.typing import NDArray

from ganbench.data.io.npz import Arrays, DamagedFile, read_npz, write_npz
from ganbench.utils.paths import cache_folder

_DECODER_VERSION = 2  # increase it when decode.py turns the same bytes into other pixels


def cache_key(*parts: object) -> str:
    """Return a key of the parts, our decoder's version and Pillow's version, on which JPEG rounding depends."""
    text = repr((_DECODER_VERSION, PIL.__version__, parts))
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:32]


def load_decoded(key: str) -> Arrays | None:
    """Return the arrays stored under the key after checking the file's SHA-256; None if they must be decoded again.

    A damaged file is replaced after a warning.
    """
    path = _path(key)
    if not path.exists():
        return None
    try:
        return read_npz(path, sealed=True)
    except DamagedFile as error:
        warnings.warn(f"the images are decoded again, since {path} cannot be used: {error}", stacklevel=2)
        return None


def save_decoded(key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Store the arrays under the key; warn if the cache folder is not writable."""
    path = _path(key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_npz(path, arrays)
    except OSError as error:
        warnings.warn(
            f"decoded images are not cached in {path.parent} ({error}) and are decoded again each time; "
            "set GANBENCH_CACHE to a writable folder",
            stacklevel=2,
        )


def _path(key: str) -> Path:
    return cache_folder() / "decoded" / f"{key}.npz"
