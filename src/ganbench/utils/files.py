"""Write files atomically: a reader sees the old file or the complete new one, even after a power failure."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ganbench.errors import UserError
from ganbench.utils.regular_file import read_regular
from ganbench.utils.sealed_json import parse_sealed, seal

_MAX_JSON_BYTES = 2**26


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file for writing and reading; if the block succeeds, sync it and rename it to ``path``.

    Raises:
        OSError: the folder is missing, not writable or full; it names ``path``.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with name_in_errors(path):
            with temporary.open("x+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def name_in_errors(path: Path) -> Iterator[None]:
    """Add the file's name to system errors that lack one, such as those of a full disk."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
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
