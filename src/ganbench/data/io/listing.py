"""The pictures in a folder and its subfolders: which they are, in what order, and of which classes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from ganbench.errors import UserError

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".ppm", ".pgm", ".pbm", ".pnm")


@dataclass(frozen=True)
class Listing:
    """Files with the endings of pictures, as sorted paths relative to ``root``, and the number of others."""

    root: Path
    files: tuple[PurePath, ...]
    others: int


def list_pictures(folder: str | Path) -> Listing:
    """List the pictures in a folder and its subfolders, linked ones too, but not names with a leading dot.

    Raises:
        UserError: there is no such folder, or no picture in it.
    """
    root = Path(folder)
    if not root.is_dir():
        raise UserError(f"{root} is a file, not a folder" if root.exists() else f"there is no folder {root}")
    files: list[PurePath] = []
    others = 0
    seen: set[tuple[int, int]] = set()
    for place, subfolders, names in os.walk(root, followlinks=True):
        stat = os.stat(place)
        if (stat.st_dev, stat.st_ino) in seen:  # a link back to a folder already walked: it might never end
            subfolders.clear()
            continue
        seen.add((stat.st_dev, stat.st_ino))
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in names:
            if name.startswith("."):
                continue
            if name.lower().endswith(ENDINGS):
                files.append(PurePath(place, name).relative_to(root))
            else:
                others += 1
    if not files:
        raise UserError(f"there is no picture in {root}: {others} files, none ending in {' '.join(ENDINGS)}")
    return Listing(root, tuple(sorted(files, key=lambda file: file.parts)), others)


def classes_of(files: Sequence[PurePath]) -> tuple[list[int] | None, tuple[str, ...]]:
    """Return labels and class names, from each file's first subfolder; (None, ()) if a file lies in none."""
    if any(len(file.parts) == 1 for file in files):
        return None, ()
    classes = sorted({file.parts[0] for file in files})
    number = {name: k for k, name in enumerate(classes)}
    return [number[file.parts[0]] for file in files], tuple(classes)


def shown(file: PurePath) -> str:
    """Return the path as text that can be printed, even if its bytes are no valid text."""
    return os.fsencode(file).decode(errors="backslashreplace")
