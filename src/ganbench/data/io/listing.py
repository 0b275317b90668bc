"""List the image files of a folder and its subfolders, in a fixed order, with their classes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from ganbench.data.io.broken_images import OnError
from ganbench.errors import UserError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".ppm", ".pgm", ".pbm", ".pnm")
_MAX_NAMED = 5


@dataclass(frozen=True)
class ImageFiles:
    """The image files of a folder, by their suffixes.

    Attributes:
        root: the folder.
        paths: the files, sorted, relative to ``root``.
        others: the number of other files.
        unreadable: (name, reason) of each subfolder or link whose content cannot be listed.
        empty: the first-level subfolders that are readable but hold no image.
    """

    root: Path
    paths: tuple[PurePath, ...]
    others: int
    unreadable: tuple[tuple[str, str], ...] = ()
    empty: tuple[str, ...] = ()


def list_images(folder: str | Path, on_error: OnError | None = "refuse") -> ImageFiles:
    """List the images in a folder and its subfolders. Links are followed; names with a leading dot are ignored.

    Args:
        folder: the folder.
        on_error: what to do about subfolders that cannot be read: "refuse" raises, "skip" warns, None leaves them to
            the caller.

    Raises:
        UserError: there is no such folder, it cannot be read, there is no image in it, or a subfolder cannot be read
            and ``on_error`` is "refuse".
    """
    files = _scan(Path(folder))
    if files.unreadable and on_error is not None:
        names = "; ".join(f"{name}: {reason}" for name, reason in files.unreadable[:_MAX_NAMED])
        more = len(files.unreadable) - _MAX_NAMED
        what = f"in {files.root}, {len(files.unreadable)} of the subfolders cannot be read ({names}"
        what += f"; and {more} more)" if more > 0 else ")"
        if on_error == "refuse":
            raise UserError(f"{what}; on_error=skip (--skip-broken) continues without them")
        verb = "is" if len(files.unreadable) == 1 else "are"
        warnings.warn(f"{what} and {verb} skipped", stacklevel=3)
    if not files.paths:
        raise UserError(
            f"there is no image in {files.root}: {files.others} files, none ending in {' '.join(IMAGE_SUFFIXES)}"
        )
    return files


def _scan(root: Path) -> ImageFiles:
    """List the images, if any. Raises UserError if there is no such folder, or it cannot be read."""
    if not root.is_dir():
        raise UserError(f"{root} is a file, not a folder" if root.exists() else f"there is no folder {root}")
    paths: list[PurePath] = []
    unreadable: list[tuple[str, str]] = []
    others = 0
    visited: dict[tuple[int, int], PurePath] = {}

    def refuse(path: PurePath, reason: str) -> None:
        unreadable.append((printable_path(path), reason))

    def refuse_error(error: OSError) -> None:
        if not visited:
            raise UserError(f"the folder {root} cannot be read: {error.strerror or error}")
        refuse(PurePath(str(error.filename)).relative_to(root), error.strerror or str(error))

    for parent, subfolders, names in os.walk(root, followlinks=True, onerror=refuse_error):
        path = PurePath(parent).relative_to(root)
        stat = os.stat(parent)
        first = visited.setdefault((stat.st_dev, stat.st_ino), path)
        if first != path:  # by way of a link
            subfolders.clear()
            if (
                first not in path.parents
            ):  # otherwise the link leads back up, and following it would never end
                refuse(path, f"it is the same folder as '{printable_path(first)}', which is read already")
            continue
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in names:
            if name.startswith("."):
                continue
            if name.lower().endswith(IMAGE_SUFFIXES):
                paths.append(path / name)
            elif os.path.islink(os.path.join(parent, name)) and not os.path.exists(
                os.path.join(parent, name)
            ):
                refuse(path / name, "it is a link to nothing that can be read")
            else:
                others += 1
    return ImageFiles(
        root,
        tuple(sorted(paths, key=lambda path: path.parts)),
        others,
        tuple(sorted(unreadable)),
        _empty_subfolders(root, paths, unreadable),
    )


def _empty_subfolders(
    root: Path, paths: Sequence[PurePath], unreadable: Sequence[tuple[str, str]]
) -> tuple[str, ...]:
    known = {path.parts[0] for path in paths} | {PurePath(name).parts[0] for name, _ in unreadable}
    with os.scandir(root) as entries:
        names = [
            entry.name for entry in entries if not entry.name.startswith(".") and os.path.isdir(entry.path)
        ]
    return tuple(sorted(printable_path(PurePath(name)) for name in names if name not in known))


def lost_classes(files: ImageFiles, classes: Sequence[str]) -> list[str]:
    """Return a sentence for each way in which subfolders of a folder are not among its ``classes``."""
    loose = [path for path in files.paths if len(path.parts) == 1]
    folders = {path.parts[0] for path in files.paths if len(path.parts) > 1}
    if loose and len(folders) > 1:
        return [
            f"{len(loose)} of the {len(files.paths)} images in {files.root} are outside of its subfolders "
            f"({printable_path(loose[0])}{', ...' if len(loose) > 1 else ''}), so its {len(folders)} subfolders are no "
            "classes; move or delete these images to have classes"
        ]
    if loose:
        return []
    sentences = []
    unread = sorted(folders - set(classes))
    if unread:
        sentences.append(
            f"no image of {_name_folders(unread)} in {files.root} can be read, so there is no such class"
        )
    closed = {name for name, _ in files.unreadable if len(PurePath(name).parts) == 1} - set(classes)
    if closed:
        sentences.append(
            f"{_name_folders(sorted(closed))} in {files.root} cannot be read, so there is no such class"
        )
    if files.empty:
        sentences.append(
            f"{_name_folders(files.empty)} in {files.root} holds no image, so there is no such class"
        )
    return sentences


def _name_folders(names: Sequence[str]) -> str:
    shown = ", ".join(printable_path(PurePath(name)) for name in names[:_MAX_NAMED])
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return f"{'subfolder' if len(names) == 1 else 'each of the subfolders'} {shown}{more}"


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
