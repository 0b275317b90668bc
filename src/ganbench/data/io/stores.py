"""Where shards lie: a folder, a web server, or any other store that fsspec knows. All are read by range."""

from __future__ import annotations

import errno
import http.client
import os
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from ganbench.errors import RunError, UserError
from ganbench.utils.regular_file import open_regular, read_regular

TIMEOUT = 30.0  # seconds without an answer
FIRST_PAUSE, MAX_PAUSE = 0.25, 30.0  # seconds between tries; each pause is twice the one before
_MAX_OPEN = 64
_HAS_PREAD = hasattr(os, "pread")  # not on Windows
_TRY_AGAIN = (408, 425, 429)  # of the answers that blame the request


class Store(Protocol):
    """Reads parts of files; may be called from several threads."""

    place: str  # the folder or address, for messages

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Return ``length`` bytes of a file. Raises OSError if they cannot be read, all of them."""

    def read_all(self, name: str, limit: int) -> bytes:
        """Return a file of at most ``limit`` bytes. Raises OSError if it cannot be read, or is larger."""

    def forget(self, name: str, offset: int, length: int) -> None:
        """Drop copies of these bytes, which are damaged, so that they are read anew."""


class PermanentError(OSError):
    """A store says that something cannot be read, and would say so again."""


def is_remote(place: str) -> bool:
    """Return whether a place is a URL, not a path."""
    return "://" in place


def open_store(place: str) -> Store:
    """Return the store at a path or URL.

    Raises:
        UserError: the path is no folder, or a package for such a URL is missing.
    """
    if place.startswith(("http://", "https://")):
        return HttpStore(place)
    if is_remote(place):
        return FsspecStore(place)
    if not Path(place).is_dir():
        raise UserError(f"there is no folder {place}")
    return LocalStore(place)


class LocalStore:
    """A folder. The shards read last stay open."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._open = lru_cache(_MAX_OPEN)(lambda name: _OpenFile(Path(place) / name))

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Return ``length`` bytes of a file."""
        try:
            if not _HAS_PREAD:
                with open_regular(Path(self.place) / name) as file:
                    file.seek(offset)
                    return _whole(file.read(length), length)
            return _whole(self._open(name).read(length, offset), length)
        except FileNotFoundError as error:
            raise PermanentError(errno.ENOENT, "there is no such file") from error

    def read_all(self, name: str, limit: int) -> bytes:
        """Return a file of at most ``limit`` bytes."""
        return read_regular(Path(self.place) / name, limit)

    def forget(self, name: str, offset: int, length: int) -> None:
        """Do nothing: there are no copies."""


class _OpenFile:
    """A file that several threads read at once; it closes when the last of them has let go of it."""

    def __init__(self, path: Path) -> None:
        with open_regular(path) as file:
            self._descriptor = os.dup(file.fileno())

    def read(self, length: int, offset: int) -> bytes:
        return os.pread(self._descriptor, length, offset)

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)


class HttpStore:
    """A folder of a web server that answers requests for ranges, as static servers and object stores do."""

    def __init__(self, place: str) -> None:
        self.place = place

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Return ``length`` bytes of a file."""
        with self._answer(name, {"Range": f"bytes={offset}-{offset + length - 1}"}) as response:
            if response.status != 206:
                raise PermanentError(errno.ENOTSUP, "the server ignores requests for a part of a file")
            return _whole(response.read(length), length)

    def read_all(self, name: str, limit: int) -> bytes:
        """Return a file of at most ``limit`` bytes."""
        with self._answer(name, {}) as response:
            content: bytes = response.read(limit + 1)
            expected = response.headers.get("Content-Length", "")
            return _limited(
                _whole(content, min(int(expected), limit)) if expected.isdecimal() else content, limit
            )

    @contextmanager
    def _answer(self, name: str, headers: dict[str, str]) -> Iterator[http.client.HTTPResponse]:
        url = f"{self.place.rstrip('/')}/{urllib.parse.quote(name)}"
        try:
            with urllib.request.urlopen(
                urllib.request.Request(url, headers=headers), timeout=TIMEOUT
            ) as response:
                yield response
        except urllib.error.HTTPError as error:
            with error:
                permanent = 400 <= error.code < 500 and error.code not in _TRY_AGAIN
                kind = PermanentError if permanent else OSError
                raise kind(errno.EIO, f"HTTP {error.code} {error.reason}") from error
        except (http.client.HTTPException, ValueError) as error:
            raise OSError(errno.EIO, str(error) or type(error).__name__) from error

    def forget(self, name: str, offset: int, length: int) -> None:
        """Do nothing: there are no copies."""


class FsspecStore:
    """A folder of a store that fsspec knows, such as ``s3://bucket/folder``."""

    def __init__(self, place: str) -> None:
        self.place = place
        try:
            import fsspec

            files, path = fsspec.core.url_to_fs(place)
        except ImportError as error:
            # Either fsspec itself is missing, which comes with torch, or a package that it names.
            raise UserError(f"{place} cannot be read, for want of a package: {error}") from error
        except ValueError as error:
            raise UserError(f"{place} cannot be read: {error}") from error
        self._files: Any = files
        self._path = str(path).rstrip("/")

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Return ``length`` bytes of a file."""
        return _whole(self._cat(name, start=offset, end=offset + length), length)

    def read_all(self, name: str, limit: int) -> bytes:
        """Return a file of at most ``limit`` bytes."""
        return _limited(self._cat(name, end=limit + 1), limit)

    def _cat(self, name: str, start: int = 0, end: int = 0) -> bytes:
        try:
            content: bytes = self._files.cat_file(f"{self._path}/{name}", start=start, end=end)
        except FileNotFoundError as error:
            raise PermanentError(errno.ENOENT, "there is no such file") from error
        except PermissionError as error:
            raise PermanentError(errno.EACCES, str(error) or "permission denied") from error
        except OSError:
            raise
        except Exception as error:  # backends such as s3fs also raise exceptions of their own libraries
            raise OSError(errno.EIO, str(error) or type(error).__name__) from error
        return content

    def forget(self, name: str, offset: int, length: int) -> None:
        """Do nothing: there are no copies."""


def _whole(content: bytes, length: int) -> bytes:
    if len(content) < length:
        raise OSError(errno.EIO, f"only {len(content):,} of {length:,} bytes came")
    return content


def _limited(content: bytes, limit: int) -> bytes:
    if len(content) > limit:
        raise PermanentError(errno.EFBIG, f"it is above {limit / 2**20:,.4g} MiB")
    return content


class RetryingStore:
    """A store that is asked again after an error, with longer and longer pauses.

    Args:
        store: the store.
        tries: how often to ask.
        stopping: ends a pause early, with the error.
    """

    def __init__(self, store: Store, tries: int, stopping: threading.Event) -> None:
        self.place, self._store, self._tries, self._stopping = store.place, store, tries, stopping

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Return ``length`` bytes of a file.

        Raises:
            RunError: no try succeeded; the message names the file, the place and the last reason.
        """
        return self._try(name, lambda: self._store.read(name, offset, length))

    def read_all(self, name: str, limit: int) -> bytes:
        """Return a file of at most ``limit`` bytes. Raises RunError."""
        return self._try(name, lambda: self._store.read_all(name, limit))

    def _try(self, name: str, read: Callable[[], bytes]) -> bytes:
        for number in range(1, self._tries + 1):
            try:
                return read()
            except OSError as error:
                pause = min(MAX_PAUSE, FIRST_PAUSE * 2 ** (number - 1))
                last = number == self._tries or isinstance(error, PermanentError)
                if last or self._stopping.wait(pause):
                    tries = "1 try" if number == 1 else f"{number} tries"
                    reason = error.strerror or getattr(error, "reason", None) or error
                    raise RunError(
                        f"{name} cannot be read from {self.place} after {tries}: {reason}"
                    ) from error
        raise AssertionError("there is at least one try")

    def forget(self, name: str, offset: int, length: int) -> None:
        """Drop copies of these bytes."""
        self._store.forget(name, offset, length)
