"""Runs and studies below a root: found without following links, and refused where a link leads out of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganbench.dashboard.sanitize import id_of, shown
from ganbench.errors import UserError

Kind = Literal["run", "study"]

_DEEPEST = 6  # folders below the root
_MOST_FILES = 100_000  # of one run or study
_LARGEST = {".json": 4 * 2**20, ".jsonl": 2**29, ".png": 2**26}  # bytes
_RUN = {"recipe.json", "meta.json", "events.jsonl"}


@dataclass(frozen=True, kw_only=True)
class Found:
    """A folder that is a run or a study, or was to become one; ``problem`` says why it cannot be opened, if so."""

    id: str
    kind: Kind
    label: str
    path: Path
    problem: str = ""


def root_of(path: Path) -> Path:
    """Return the folder as it is without links. Raises UserError if there is none."""
    if not path.is_dir():
        raise UserError(f"{path} is no folder; `ganbench ui DIR` shows the runs below DIR")
    return path.resolve()


def folders_below(root: Path) -> list[Found]:
    """Return the runs and studies below a root (and the root itself if it is one), by their paths.

    Hidden folders and links to folders are passed over, so everything is met once, under its own path.
    """
    return sorted(_walk(root.resolve(), root.resolve(), 0), key=lambda found: found.label)


def problem_of(folder: Path, root: Path) -> str:
    """Say why a folder must not be read, "" if it may: a link leads out of the root, or a file may have no end.

    Asked before anything in it is read, so that nothing else must ask.
    """
    try:
        for count, entry in enumerate(_entries(folder)):
            said = _problem_of_entry(entry, root)
            if said or count > _MOST_FILES:
                name = shown(os.path.relpath(entry.path, folder), 100)
                return f"{name} {said}" if said else f"it has more than {_MOST_FILES:,} files"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return ""


def _walk(folder: Path, root: Path, depth: int) -> Iterator[Found]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return  # not for us
    names = {entry.name for entry in entries}
    kind: Kind | None = "study" if "study.json" in names else "run" if names & _RUN else None
    if kind is not None:
        yield _found(folder, root, kind, names)
    if kind == "run" or depth >= _DEEPEST:
        return
    for entry in entries:
        if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), root, depth + 1)


def _found(folder: Path, root: Path, kind: Kind, names: set[str]) -> Found:
    relative = folder.relative_to(root)
    label = shown(relative.as_posix()) if relative.parts else shown(root.name)
    problem = "" if kind == "study" else problem_of(folder, root)
    if kind == "run" and "recipe.json" not in names:
        problem = problem or "it has no recipe.json"
    return Found(id=id_of(relative), kind=kind, label=label, path=folder, problem=problem)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield all below a folder; what a run at work renames or deletes meanwhile is passed over."""
    try:
        found = os.scandir(folder)
    except FileNotFoundError:
        return
    with found:
        for entry in found:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(Path(entry.path))


def _problem_of_entry(entry: os.DirEntry[str], root: Path) -> str:
    if entry.is_symlink():
        target = Path(os.path.realpath(entry.path))
        if not target.is_relative_to(root):
            return "is a link that leads out of the folder that is shown"
        return "is a link to a folder" if target.is_dir() else _problem_of_file(entry)
    return "" if entry.is_dir(follow_symlinks=False) else _problem_of_file(entry)


def _problem_of_file(entry: os.DirEntry[str]) -> str:
    try:
        found = entry.stat()
    except FileNotFoundError:
        return "is a link to nothing" if entry.is_symlink() else ""
    if not stat.S_ISREG(found.st_mode):
        return "is no ordinary file"
    most = _LARGEST.get(os.path.splitext(entry.name)[1])
    return f"has more than {most >> 20} MiB" if most is not None and found.st_size > most else ""
