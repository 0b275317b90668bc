"""The archive format: one ``.npz`` file of encoded pictures with their labels.

========= ============== ==========================================================
``jpeg``     uint8 ``[B]``   all streams (JPEG or PNG), one after another
``offsets``  int64 ``[N+1]`` picture i is ``jpeg[offsets[i]:offsets[i + 1]]``
``labels``   uint8 or int64 ``[N]`` class numbers (optional)
``classes``  str ``[K]``     class names (optional; needs ``labels``)
========= ============== ==========================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganbench.data.io.npz import Arrays, DamagedFile, read_npz, write_npz
from ganbench.errors import UserError


@dataclass(frozen=True)
class Archive:
    """Encoded pictures in memory. ``labels`` is None exactly where ``classes`` is empty."""

    jpeg: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    labels: NDArray[np.int64] | None
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def stream(self, number: int) -> bytes:
        """Return the encoded picture of that number."""
        return self.jpeg[self.offsets[number] : self.offsets[number + 1]].tobytes()


def read_archive(path: str | Path) -> Archive:
    """Read and check an archive; the pictures stay encoded. Classes without names get their numbers.

    Raises:
        UserError: there is no such file, or it is no archive, or its parts do not fit together.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"there is no archive {path}")
    try:
        return _checked(path, read_npz(path))
    except DamagedFile as error:
        raise UserError(f"{path} is no archive of pictures, or is damaged: {error}") from error


def _checked(path: Path, arrays: Arrays) -> Archive:
    def refuse_unless(true: bool, what: str) -> None:
        if not true:
            raise UserError(f"{path} is no sound archive: {what}")

    for name in ("jpeg", "offsets"):
        refuse_unless(name in arrays, f"'{name}' is missing")
    jpeg, offsets = arrays["jpeg"], arrays["offsets"]
    refuse_unless(jpeg.dtype == np.uint8 and jpeg.ndim == 1, "'jpeg' must be uint8 [B]")
    refuse_unless(offsets.dtype.kind in "iu" and offsets.ndim == 1, "'offsets' must be int64 [N+1]")
    offsets = offsets.astype(np.int64)
    refuse_unless(len(offsets) >= 2, "it holds no picture")
    refuse_unless(
        offsets[0] == 0 and offsets[-1] == len(jpeg), "'offsets' must run from 0 to the length of 'jpeg'"
    )
    refuse_unless(bool((np.diff(offsets) > 0).all()), "'offsets' must rise")

    labels, names = arrays.get("labels"), arrays.get("classes")
    if labels is None:
        refuse_unless(names is None, "'classes' needs 'labels'")
        return Archive(jpeg, offsets, None, ())
    refuse_unless(
        labels.dtype.kind in "iu" and labels.shape == (len(offsets) - 1,), "'labels' must be whole [N]"
    )
    labels = labels.astype(np.int64)
    refuse_unless(bool((labels >= 0).all()), "'labels' must not be negative")
    if names is None:
        refuse_unless(int(labels.max()) < 1_000_000, "'labels' are too high to be class numbers")
        return Archive(jpeg, offsets, labels, tuple(str(k) for k in range(int(labels.max()) + 1)))
    refuse_unless(names.dtype.kind == "U" and names.ndim == 1, "'classes' must be str [K]")
    classes = tuple(str(name) for name in names)
    refuse_unless(len(set(classes)) == len(classes), "'classes' must differ from each other")
    refuse_unless(
        int(labels.max()) < len(classes), f"label {labels.max()} is beyond the {len(classes)} 'classes'"
    )
    return Archive(jpeg, offsets, labels, classes)


def write_archive(
    path: str | Path,
    streams: Iterable[bytes],
    labels: Sequence[int] | None = None,
    classes: Sequence[str] = (),
) -> Archive:
    """Write encoded pictures as one file, whole or not at all, and return what it holds.

    The same pictures always give the same bytes, so that the file's hash names its content.

    Raises:
        UserError: the parts do not fit together, or the folder cannot be written.
    """
    path = Path(path)
    pieces = [np.frombuffer(stream, np.uint8) for stream in streams]
    arrays: Arrays = {
        "jpeg": np.concatenate(pieces) if pieces else np.empty(0, np.uint8),
        "offsets": np.cumsum([0, *map(len, pieces)], dtype=np.int64),
    }
    if labels is not None:
        arrays["labels"] = np.array(labels, np.int64)
    if classes:
        arrays["classes"] = np.array(classes, np.str_)
    archive = _checked(path, arrays)
    try:
        write_npz(path, arrays)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error}") from error
    return archive
