"""Copies of decoded pixels in the cache folder, so that a set is decoded once on each machine."""

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

_OUR_DECODER = 1  # raise it when decode.py turns the same bytes into other pixels


def cache_key(*parts: object) -> str:
    """Return a key of all parts, of our decoder, and of Pillow's version (JPEG's rounding is its)."""
    text = repr((_OUR_DECODER, PIL.__version__, parts))
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:32]


def load_decoded(key: str) -> Arrays | None:
    """Return the arrays stored under the key, or None if there are none or the file is damaged.

    What comes back is what was stored: ``.npz`` files carry a CRC-32 of each array.
    """
    try:
        return read_npz(_path(key))
    except DamagedFile:
        return None  # it is only a copy: decode again, and write over it


def save_decoded(key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Store the arrays under the key; where the folder cannot be written, warn and go on."""
    path = _path(key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_npz(path, arrays)
    except OSError as error:
        warnings.warn(
            f"decoded pictures are not cached in {path.parent} ({error}) and so are decoded again each time; "
            "set GANBENCH_CACHE to a folder that can be written",
            stacklevel=2,
        )


def _path(key: str) -> Path:
    return cache_folder() / "decoded" / f"{key}.npz"
