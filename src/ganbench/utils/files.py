"""Write files atomically: a reader sees the old file or the complete new one, even after a power failure."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from ganbench.errors import UserError
from ganbench.utils.regular_file import read_regular
from ganbench.utils.sealed_json import parse_sealed, seal

_MAX_JSON_BYTES = 2**26
_RENAME_TRIES = 20
_MAX_NAME_BYTES = 200  # of a temporary file, before what makes its name unique


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file for writing and reading; if the block succeeds, sync it and rename it to ``path``.

    Raises:
        OSError: the folder is missing, not writable or full; it names ``path``.
    """
    temporary = _temporary_path(path)
    try:
        with name_in_errors(path):
            with temporary.open("x+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            rename(temporary, path, overwrite=True)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def rename(source: Path, target: Path, *, overwrite: bool = False) -> None:
    """Rename a file or folder.

    On Windows, this fails while another process, such as the dashboard or a virus scanner, has one of the two open;
    there, it is tried again for a second.
    """
    for remaining in reversed(range(_RENAME_TRIES if sys.platform == "win32" else 1)):
        try:
            if overwrite:
                source.replace(target)
            else:
                source.rename(target)
        except PermissionError:
            if not remaining:
                raise
            time.sleep(1 / _RENAME_TRIES)
        else:
            return


def check_writable(path: Path) -> None:
    """Check that a file or folder of this name could be created: call it before the work whose result goes there.

    Raises:
        UserError: the folder is missing or not writable, or the name is too long for the file system.
    """
    temporary = _temporary_path(path)
    try:
        with suppress(FileNotFoundError):
            os.lstat(path)  # fails if the name is too long
        temporary.touch(exist_ok=False)
        temporary.unlink()
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from error


def _temporary_path(path: Path) -> Path:
    """Return a new name beside a path; the longest possible name is shortened to leave room for the additions."""
    name = os.fsdecode(os.fsencode(path.name)[:_MAX_NAME_BYTES])
    return path.with_name(f".{name}.{secrets.token_hex(4)}.tmp")


@contextmanager
def name_in_errors(path: Path) -> Iterator[None]:
    """Add the file's name to system errors that lack one, such as those of a full disk."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Make a folder under a temporary name, and rename it to ``path`` if the block succeeds; else remove it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)  # left by a killed process with the same id
    try:
        temporary.mkdir()
        with name_in_errors(path):
            yield temporary
        rename(temporary, path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object, and verify its checksum if it has one.

    Raises:
        UserError: the file is unreadable, is not a regular file of at most 64 MiB, holds something else, or has
            changed since it was written.
    """
    try:
        value = parse_sealed(read_regular(path, _MAX_JSON_BYTES), path)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise UserError(f"{path} does not hold a JSON object")
    return value


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON, atomically."""
    write_bytes(path, (json.dumps(value, indent=1) + "\n").encode())


def write_sealed_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a mapping as JSON with a checksum that :func:`read_json` verifies, atomically."""
    write_bytes(path, seal(value))


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes, atomically."""
    with atomic_file(path) as file:
        file.write(content)
