"""Find the runs and studies below a root folder, without following links, and reject unsafe ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganbench.dashboard.sanitize import folder_id, printable
from ganbench.errors import UserError
from ganbench.runs.folder_check import find_problem
from ganbench.zoo.source import model_folder

Kind = Literal["run", "study"]

_MAX_DEPTH = 6  # folder levels below the root
MAX_FILES = 100_000  # in one run or study
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
    """Return the folder's path, or that of a model by name such as ``zoo:NAME``, with all links resolved.

    Raises:
        UserError: It is not a folder, or there is no model of this name.
    """
    path = model_folder(path)
    if not path.is_dir():
        raise UserError(f"{path} is not a folder; `ganbench ui DIR` shows the runs below DIR")
    return path.resolve()


def find_folders(root: Path) -> list[FolderEntry]:
    """Return the runs and studies below a root, and the root itself if it is one, sorted by path.

    Hidden folders and links to folders are skipped, so each folder appears once, under its real path.
    """
    return sorted(_walk(root.resolve(), root.resolve(), 0), key=lambda entry: entry.label)


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
    problem = "" if kind == "study" else printable(find_problem(folder, max_files=MAX_FILES), 200)
    if kind == "run" and "recipe.json" not in names:
        problem = problem or "it has no recipe.json"
    return FolderEntry(id=folder_id(relative), kind=kind, label=label, path=folder, problem=problem)
