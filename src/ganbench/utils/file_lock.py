"""One process at a time in a folder, and others that ask whether one is at work."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganbench.errors import UserError

_TRIES, _PAUSE = 5, 0.05  # seconds; who only looks lets go at once


@contextmanager
def only_one(folder: Path, what: str, busy: str) -> Iterator[None]:
    """Hold the folder's lock for the block; the system lets go of it when the process ends, however it ends.

    Raises:
        UserError: another process holds it (``busy`` says so), or ``what`` the folder is cannot be written.
    """
    try:
        file = (folder / ".lock").open("w")
    except OSError as error:
        raise UserError(f"{what} {folder} cannot be written: {error.strerror}") from error
    with file:
        if not _taken(file.fileno(), fcntl.LOCK_EX, _TRIES):
            raise UserError(busy)
        yield


def is_held(folder: Path) -> bool:
    """Say whether a process holds the folder's lock; where that cannot be seen, nobody does."""
    try:
        file = os.open(folder / ".lock", os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not _taken(file, fcntl.LOCK_SH, tries=1)
    except OSError:
        return False  # a file system without locks
    finally:
        os.close(file)


def _taken(file: int, kind: int, tries: int) -> bool:
    """Take a lock unless it stays with somebody else for so many tries."""
    for i in range(tries):
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE if i < tries - 1 else 0)
        else:
            return True
    return False
