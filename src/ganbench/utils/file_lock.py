"""Lock a folder for one process, and check whether a process holds the lock."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganbench.errors import UserError

# A process that only checks the lock holds it for a moment, so acquiring it is retried.
_TRIES, _PAUSE = 5, 0.05  # seconds


@contextmanager
def exclusive_lock(folder: Path, what: str, busy_message: str) -> Iterator[None]:
    """Hold the folder's lock for the block. The system releases it when the process ends, however it ends.

    Args:
        folder: the folder; the lock is its file ``.lock``.
        what: what the folder is, for the error message ("the run").
        busy_message: the error message if another process holds the lock.

    Raises:
        UserError: another process holds the lock, or the folder is not writable.
    """
    try:
        file = (folder / ".lock").open("w")
    except OSError as error:
        raise UserError(f"{what} {folder} cannot be written: {error.strerror}") from error
    with file:
        if not _acquire(file.fileno(), fcntl.LOCK_EX, _TRIES):
            raise UserError(busy_message)
        yield


def is_locked(folder: Path) -> bool:
    """Return whether a process holds the folder's lock; False if this cannot be determined."""
    try:
        file = os.open(folder / ".lock", os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not _acquire(file, fcntl.LOCK_SH, tries=1)
    except OSError:
        return False  # a file system without locks
    finally:
        os.close(file)


def _acquire(file: int, kind: int, tries: int) -> bool:
    """Try to take a lock up to ``tries`` times; return whether it succeeded."""
    for i in range(tries):
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE if i < tries - 1 else 0)
        else:
            return True
    return False
