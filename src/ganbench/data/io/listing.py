"""List the image files of a folder and its subfolders, in a fixed order, with their classes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from ganbench.errors import UserError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".ppm", ".pgm", ".pbm", ".pnm")


@dataclass(frozen=True)
class ImageFiles:
    """The image files of a folder, by their suffixes.

    Attributes:
        root: the folder.
        paths: the files, sorted, relative to ``root``.
        others: the number of other files.
    """

    root: Path
    paths: tuple[PurePath, ...]
    others: int


def list_images(folder: str | Path) -> ImageFiles:
    """List the images in a folder and its subfolders. Links are followed; names with a leading dot are ignored.

    Raises:
        UserError: there is no such folder, or no image in it.
    """
    root = Path(folder)
    if not root.is_dir():
        raise UserError(f"{root} is a file, not a folder" if root.exists() else f"there is no folder {root}")
    paths: list[PurePath] = []
    others = 0
    visited: set[tuple[int, int]] = set()
    for parent, subfolders, names in os.walk(root, followlinks=True):
        stat = os.stat(parent)
        if (stat.st_dev, stat.st_ino) in visited:  # a link to a visited folder could loop forever
            subfolders.clear()
            continue
        visited.add((stat.st_dev, stat.st_ino))
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in names:
            if name.startswith("."):
                continue
            if name.lower().endswith(IMAGE_SUFFIXES):
                paths.append(PurePath(parent, name).relative_to(root))
            else:
                others += 1
    if not paths:
        raise UserError(
            f"there is no image in {root}: {others} files, none ending in {' '.join(IMAGE_SUFFIXES)}"
        )
    return ImageFiles(root, tuple(sorted(paths, key=lambda path: path.parts)), others)


def classes_from_folders(paths: Sequence[PurePath]) -> tuple[list[int] | None, tuple[str, ...]]:
    """Return labels and class names from the first-level subfolders; (None, ()) if a file is outside of them."""
    if any(len(path.parts) == 1 for path in paths):
        return None, ()
    classes = sorted({path.parts[0] for path in paths})
    numbers = {name: number for number, name in enumerate(classes)}
    return [numbers[path.parts[0]] for path in paths], tuple(classes)


def printable_path(path: PurePath) -> str:
    """Return the path as printable text, even if its bytes are not valid text."""
    return os.fsencode(path).decode(errors="backslashreplace")
