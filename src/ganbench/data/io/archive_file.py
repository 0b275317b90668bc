"""The archive format: one ``.npz`` file of encoded images with their labels.

========= ============== ==========================================================
``jpeg``     uint8 ``[B]``   all encoded images (JPEG or PNG), concatenated
``offsets``  int64 ``[N+1]`` image i is ``jpeg[offsets[i]:offsets[i + 1]]``
``labels``   uint8 or int64 ``[N]`` class numbers (optional)
``classes``  str ``[K]``     class names (optional; needs ``labels``; default: the numbers that occur)
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
    """Encoded images in memory. ``labels`` is None if and only if ``classes`` is empty; else they index it."""

    jpeg: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    labels: NDArray[np.int64] | None
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def image_bytes(self, number: int) -> bytes:
        """Return an encoded image."""
        return self.jpeg[self.offsets[number] : self.offsets[number + 1]].tobytes()


def read_archive(path: str | Path) -> Archive:
    """Read and validate an archive; the images stay encoded. Classes without names are the numbers that occur.

    Raises:
        UserError: the file is missing, is not an archive, or has inconsistent arrays.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"there is no archive {path}")
    try:
        return _validate(path, read_npz(path))
    except DamagedFile as error:
        raise UserError(f"{path} is not an archive of images, or is damaged: {error}") from error


def _validate(path: Path, arrays: Arrays) -> Archive:
    def require(condition: bool, problem: str) -> None:
        if not condition:
            raise UserError(f"{path} is not a valid archive: {problem}")

    for name in ("jpeg", "offsets"):
        require(name in arrays, f"'{name}' is missing")
    jpeg, offsets = arrays["jpeg"], arrays["offsets"]
    require(jpeg.dtype == np.uint8 and jpeg.ndim == 1, "'jpeg' must be uint8 [B]")
    require(offsets.dtype.kind in "iu" and offsets.ndim == 1, "'offsets' must be int64 [N+1]")
    offsets = offsets.astype(np.int64)
    require(len(offsets) >= 2, "it holds no image")
    require(offsets[0] == 0 and offsets[-1] == len(jpeg), "'offsets' must run from 0 to the length of 'jpeg'")
    require(bool((np.diff(offsets) > 0).all()), "'offsets' must increase")

    labels, names = arrays.get("labels"), arrays.get("classes")
    if labels is None:
        require(names is None, "'classes' needs 'labels'")
        return Archive(jpeg, offsets, None, ())
    require(
        labels.dtype.kind in "iu" and labels.shape == (len(offsets) - 1,), "'labels' must be integers [N]"
    )
    labels = labels.astype(np.int64)
    require(bool((labels >= 0).all()), "'labels' must not be negative")
    if names is None:  # only the numbers that occur are classes: labels from 1 to 10 make ten
        require(int(labels.max()) < 1_000_000, "'labels' are too high to be class numbers")
        occurring, positions = np.unique(labels, return_inverse=True)
        return Archive(jpeg, offsets, positions.astype(np.int64), tuple(map(str, occurring.tolist())))
    require(names.dtype.kind == "U" and names.ndim == 1, "'classes' must be str [K]")
    classes = tuple(str(name) for name in names)
    require(len(set(classes)) == len(classes), "'classes' must be unique")
    require(int(labels.max()) < len(classes), f"label {labels.max()} is beyond the {len(classes)} 'classes'")
    return Archive(jpeg, offsets, labels, classes)


def write_archive(
    path: str | Path,
    images: Iterable[bytes],
    labels: Sequence[int] | None = None,
    classes: Sequence[str] = (),
) -> Archive:
    """Write encoded images to one file, atomically, and return the archive.

    The same images always give the same bytes, so the file's hash identifies its content.

    Raises:
        UserError: the labels or classes are inconsistent, or the folder is not writable.
    """
    path = Path(path)
    pieces = [np.frombuffer(image, np.uint8) for image in images]
    arrays: Arrays = {
        "jpeg": np.concatenate(pieces) if pieces else np.empty(0, np.uint8),
        "offsets": np.cumsum([0, *map(len, pieces)], dtype=np.int64),
    }
    if labels is not None:
        arrays["labels"] = np.array(labels, np.int64)
    if classes:
        arrays["classes"] = np.array(classes, np.str_)
    archive = _validate(path, arrays)
    try:
        write_npz(path, arrays)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error}") from error
    return archive
