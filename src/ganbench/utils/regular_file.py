"""Read a file only after looking at its kind and size: pipes would block, and sparse files fill the memory."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

_NONBLOCKING = getattr(os, "O_NONBLOCK", 0)  # opening a pipe would wait for a writer
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)


def open_regular(path: Path, max_bytes: int | None = None, *, follow_links: bool = True) -> BufferedReader:
    """Open a regular file for reading.

    Args:
        path: the file.
        max_bytes: the largest size; None for any.
        follow_links: whether the file may be a symbolic link.

    Raises:
        OSError: it cannot be opened, is a pipe, a device or a folder, or is too large; ``strerror`` says why.
    """

    if not follow_links and not _NO_LINKS and path.is_symlink():  # Windows
        raise OSError(errno.ELOOP, "it is a link", str(path))

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | _NONBLOCKING | (0 if follow_links else _NO_LINKS))

    file = open(path, "rb", opener=opener)  # noqa: SIM115 (the caller closes it)
    try:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        if max_bytes is not None and status.st_size > max_bytes:
            size = f"the file has {status.st_size:,} bytes, which is above {max_bytes / 2**20:,.4g} MiB"
            raise OSError(errno.EFBIG, size, str(path))
    except BaseException:
        file.close()
        raise
    return file


def read_regular(path: Path, max_bytes: int, *, follow_links: bool = True) -> bytes:
    """Return the content of a regular file of at most ``max_bytes``. Raises like :func:`open_regular`."""
    with open_regular(path, max_bytes, follow_links=follow_links) as file:
        return file.read(max_bytes)
