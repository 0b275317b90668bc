"""One process at a time in a folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganbench.errors import UserError


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
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(busy) from None
        yield
