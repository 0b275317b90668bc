"""Find the runs and studies below a root folder, without following links, and reject unsafe ones."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganbench.dashboard.sanitize import folder_id, printable
from ganbench.errors import UserError

Kind = Literal["run", "study"]

_MAX_DEPTH = 6  # folder levels below the root
_MAX_FILES = 100_000  # in one run or study
_MAX_BYTES = {".json": 4 * 2**20, ".jsonl": 2**29, ".png": 2**26}
_RUN_FILES = {"recipe.json", "meta.json", "events.jsonl"}


@dataclass(frozen=True, kw_only=True)
class FolderEntry:
    """A folder that holds a run or a study, possibly incomplete; ``problem`` says why it cannot be read, if so."""

    id: str
    kind: Kind
    label: str
    path: Path
    problem: str = ""


def resolve_root(path: Path) -> Path:
    """Return the folder's path with all links resolved. Raises UserError if it is not a folder."""
    if not path.is_dir():
        raise UserError(f"{path} is not a folder; `ganbench ui DIR` shows the runs below DIR")
    return path.resolve()


def find_folders(root: Path) -> list[FolderEntry]:
    """Return the runs and studies below a root, and the root itself if it is one, sorted by path.

    Hidden folders and links to folders are skipped, so each folder appears once, under its real path.
    """
    return sorted(_walk(root.resolve(), root.resolve(), 0), key=lambda entry: entry.label)


def find_problem(folder: Path, root: Path) -> str:
    """Return why a folder must not be read, or "" if it is safe.

    A folder is unsafe if a link in it leads out of the root, or if a file is not regular, or too large. Call this
    before reading anything in the folder; then no reader needs to check again.
    """
    try:
        for count, entry in enumerate(_entries(folder)):
            problem = _entry_problem(entry, root)
            if problem or count > _MAX_FILES:
                name = printable(os.path.relpath(entry.path, folder), 100)
                return f"{name} {problem}" if problem else f"it has more than {_MAX_FILES:,} files"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return ""


def _walk(folder: Path, root: Path, depth: int) -> Iterator[FolderEntry]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return  # no permission
    names = {entry.name for entry in entries}
    kind: Kind | None = "study" if "study.json" in names else "run" if names & _RUN_FILES else None
    if kind is not None:
        yield _folder_entry(folder, root, kind, names)
    if kind == "run" or depth >= _MAX_DEPTH:
        return
    for entry in entries:
        if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), root, depth + 1)


def _folder_entry(folder: Path, root: Path, kind: Kind, names: set[str]) -> FolderEntry:
    relative = folder.relative_to(root)
    label = printable(relative.as_posix()) if relative.parts else printable(root.name)
    problem = "" if kind == "study" else find_problem(folder, root)
    if kind == "run" and "recipe.json" not in names:
        problem = problem or "it has no recipe.json"
    return FolderEntry(id=folder_id(relative), kind=kind, label=label, path=folder, problem=problem)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield everything below a folder, skipping what an active run renames or deletes in the meantime."""
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return
    with entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(Path(entry.path))


def _entry_problem(entry: os.DirEntry[str], root: Path) -> str:
    if entry.is_symlink():
        target = Path(os.path.realpath(entry.path))
        if not target.is_relative_to(root):
            return "is a link that leads out of the dashboard's folder"
        return "is a link to a folder" if target.is_dir() else _file_problem(entry)
    return "" if entry.is_dir(follow_symlinks=False) else _file_problem(entry)


def _file_problem(entry: os.DirEntry[str]) -> str:
    try:
        status = entry.stat()
    except FileNotFoundError:
        return "is a broken link" if entry.is_symlink() else ""
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    max_bytes = _MAX_BYTES.get(os.path.splitext(entry.name)[1])
    if max_bytes is not None and status.st_size > max_bytes:
        return f"is larger than {max_bytes >> 20} MiB"
    return ""
