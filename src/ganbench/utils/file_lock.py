"""Lock a folder for one process, on this machine and on others that share the file system."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout, lock_descriptor, unlock_descriptor

from ganbench.errors import UserError
from ganbench.utils.lease import Lease, is_alive, lease, read_holder
from ganbench.utils.regular_file import open_regular

NAME = ".lock"
# A process that only checks the lock holds it for a moment, so acquiring it is retried.
_TIMEOUT, _PAUSE = 0.25, 0.05  # seconds
#: What file systems without locks answer.
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP)


@contextmanager
def exclusive_lock(folder: Path, what: str, busy_message: str) -> Iterator[Lease]:
    """Hold the folder's lock for the block. The system releases it when the process ends, however it ends.

    Two files protect the folder: ``.lock`` is locked by the operating system, and ``.heartbeat`` names the process, for
    other machines whose file system does not see the lock. Neither is opened through a link.

    Args:
        folder: the folder.
        what: what the folder is, for the error message ("the run").
        busy_message: the error message if another process holds the lock.

    Yields:
        the lease; call its ``require()`` before writing what another process might write too.

    Raises:
        UserError: another process holds the lock, or the folder is not writable.
    """
    with ExitStack() as stack:
        try:
            locked = _acquire(stack, folder / NAME)
            held = stack.enter_context(lease(folder, locked=locked, busy_message=busy_message))
        except Timeout as error:
            holder = read_holder(folder)
            who = "" if holder is None else f" (process {holder.pid} on {holder.host})"
            raise UserError(busy_message + who) from error
        except OSError as error:
            raise UserError(f"{what} {folder} cannot be written: {error.strerror}") from error
        yield held


def is_locked(folder: Path) -> bool:
    """Return whether a process holds the folder's lock; False if this cannot be determined."""
    holder = read_holder(folder)
    if holder is None:
        return False
    if not holder.is_here:
        return is_alive(holder)
    try:
        with open_regular(folder / NAME, follow_links=False) as file:
            if not lock_descriptor(file.fileno(), blocking=False):
                return True
            unlock_descriptor(file.fileno())
            return False
    except OSError:  # no lock file, or a file system without locks
        return is_alive(holder)


def _acquire(stack: ExitStack, path: Path) -> bool:
    """Lock a file until the stack closes; return False on a file system without locks.

    Raises:
        Timeout: another process holds the lock.
        OSError: the file is a link, or cannot be written.
    """
    if not path.parent.is_dir():  # FileLock would create it
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path.parent))
    lock = FileLock(path, timeout=_TIMEOUT, poll_interval=_PAUSE, fallback_to_soft=False)
    try:
        stack.enter_context(lock)
    except OSError as error:
        if isinstance(error, Timeout) or error.errno not in _NO_LOCKS:
            raise
        return False
    return True
