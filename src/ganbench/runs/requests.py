"""Requests to the process that trains a run: files in its folder, which reach other machines that share it, too.

``requests/`` holds one JSON file each: ``{"ask": "stop"}``, or ``{"ask": "change", "values": {KEY: VALUE}}``. The
trainer removes a file once it has done what the file asks. What nobody can read is refused and removed.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ganbench.errors import UserError
from ganbench.utils.files import write_json
from ganbench.utils.regular_file import read_regular

FOLDER = "requests"
_MAX_BYTES = 2**16
_MAX_FILES = 100  # looked at together


@dataclass(frozen=True)
class Request:
    """A request; ``values`` are the new values by dotted key, for a change."""

    ask: Literal["stop", "change"]
    values: Mapping[str, Any] = field(default_factory=dict)


def write_request(run: Path, request: Request) -> Path:
    """Write a request to the process that trains the run, and return its file.

    Raises:
        UserError: it cannot be written.
    """
    folder = run / FOLDER
    content = {"ask": request.ask, **({"values": dict(request.values)} if request.values else {})}
    path = (
        folder / f"{time.time_ns():020d}-{secrets.token_hex(4)}.json"
    )  # in the order in which they were written
    try:
        folder.mkdir(exist_ok=True)
        if folder.is_symlink():
            raise UserError(f"{folder} is a link; put a folder in its place")
        write_json(path, content)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from error
    return path


def list_requests(run: Path) -> list[Path]:
    """Return the files of the waiting requests, oldest first."""
    folder = run / FOLDER
    try:
        if folder.is_symlink():
            return []
        names = sorted(e.name for e in os.scandir(folder) if e.name[:1] != "." and e.name.endswith(".json"))
    except OSError:  # no folder, and so no request; or it cannot be read
        return []
    return [folder / name for name in names[:_MAX_FILES]]


def read_request(path: Path) -> Request:
    """Read a request.

    Raises:
        UserError: the file cannot be read, or holds something else; one sentence says what.
        FileNotFoundError: it is gone.
    """
    try:
        content = json.loads(read_regular(path, _MAX_BYTES, follow_links=False))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UserError(f"the request {path.name} is ignored: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"the request {path.name} is ignored: it is not JSON") from error
    match content:
        case {"ask": "stop"}:
            return Request("stop")
        case {"ask": "change", "values": dict(values)} if values:
            return Request("change", values)
    raise UserError(f"the request {path.name} is ignored: it asks neither to stop nor to change settings")


def waiting_changes(run: Path) -> dict[str, Any]:
    """Return the settings that waiting requests ask to change, by dotted key, with the newest value of each."""
    return {key: value for request in _readable(run) for key, value in request.values.items()}


def _readable(run: Path) -> Iterator[Request]:
    for path in list_requests(run):
        with suppress(UserError, FileNotFoundError):
            yield read_request(path)


def remove_request(path: Path) -> bool:
    """Remove a request's file; return whether it is gone."""
    try:
        path.unlink(missing_ok=True)
    except OSError:  # a folder, or no permission
        return False
    return True
