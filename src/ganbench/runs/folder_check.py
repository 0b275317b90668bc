"""Check a folder that others may have made before anything in it is read, written or deleted.

A link in a run folder could make a command read private files, overwrite files elsewhere, or delete another run's
checkpoints. A pipe would block a reader, and a huge file would fill the memory.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from ganbench.errors import UserError

_MAX_BYTES = {".json": 2**26, ".jsonl": 2**31, ".png": 2**26}
_MAX_OTHER_BYTES = 2**34  # checkpoints, archives, pages


def find_problem(folder: Path, *, skip: Collection[str] = (), max_files: int | None = None) -> str:
    """Return why a run or study folder must not be used, or "" if it is safe.

    It is unsafe if anything in it is a link, is neither a regular file nor a folder, or is too large, or if there are
    more than ``max_files`` files. The folder itself may be given as a link. After this check, no reader or writer needs
    to check again.

    Args:
        folder: the folder.
        skip: names of folders directly in it whose content is not checked.
        max_files: the largest number of files and folders; None for any.
    """
    try:
        for count, entry in enumerate(_entries(folder, skip)):
            problem = _entry_problem(entry)
            if problem:
                return f"{os.path.relpath(entry.path, folder)} {problem}"
            if max_files is not None and count > max_files:
                return f"it has more than {max_files:,} files"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return ""


def require_safe(folder: Path, *, skip: Collection[str] = ()) -> None:
    """Raise UserError if a folder must not be used; see :func:`find_problem`."""
    problem = find_problem(folder, skip=skip)
    if problem:
        raise UserError(f"{folder} is not used: {problem}")


def _entries(folder: Path, skip: Collection[str] = ()) -> Iterator[os.DirEntry[str]]:
    """Yield everything below a folder, skipping what an active run renames or deletes in the meantime."""
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return
    with entries:
        for entry in entries:
            yield entry
            if entry.name not in skip and entry.is_dir(follow_symlinks=False):
                yield from _entries(Path(entry.path))


def _entry_problem(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink() or _is_junction(entry):
        return "is a link; put what it leads to in its place"
    if entry.is_dir(follow_symlinks=False):
        return ""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return ""
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    max_bytes = _MAX_BYTES.get(os.path.splitext(entry.name)[1], _MAX_OTHER_BYTES)
    if status.st_size > max_bytes:
        return f"is larger than {max_bytes >> 20} MiB"
    return ""


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a junction of Windows, which Python recognises from version 3.12 on."""
    check = getattr(entry, "is_junction", None)
    return check is not None and check()
