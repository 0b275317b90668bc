"""The event log of a run, ``events.jsonl``: one JSON object per line, safe against crashes while writing."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from ganbench.runs.event_digest import LogDigest
from ganbench.runs.event_history import EventHistory
from ganbench.runs.event_lines import Line, LineReader, describe_damage, is_complete, parse_line, seal_line
from ganbench.utils.files import atomic_file, name_in_errors

_MAX_TAIL = 2**24  # bytes at the end of the log in which an incomplete line is looked for


class EventLog:
    """Appends to an event log and reads it; every event has a ``kind`` and a ``step``.

    Each line has a checksum. Damaged lines are ignored with a warning; an incomplete last line is ignored silently.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._digest, self._history = LogDigest(path), EventHistory(path)

    def append(self, kind: str, step: int, **values: Any) -> None:
        """Append an event. Raises OSError, which names the log, if it cannot be written."""
        line = seal_line({"kind": kind, "step": step, **values})
        with name_in_errors(self.path), self.path.open("a+b") as file:
            file.write(_missing_newline(file) + line)

    def sync(self) -> None:
        """Flush the log to the disk."""
        if self.path.exists():
            with name_in_errors(self.path), self.path.open("rb+") as file:
                os.fsync(file.fileno())

    def read(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the events in order: all of them, or those of one kind."""
        return list(self.stream(kind))

    def stream(self, kind: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield the events in order, all of them or those of one kind, without holding the log in memory."""
        reader = LineReader(self.path)
        for its_kind, _, content in reader.lines():
            if (kind is None or its_kind == kind) and (event := parse_line(content)) is not None:
                yield event
        self._warn(reader.damaged)

    def follow(self) -> Follower:
        """Return a function that returns the events since its last call; incomplete lines are left for the next."""
        return Follower(self.path)

    def digest(self) -> LogDigest:
        """Return the summary of the log; only what is new since the last call is read."""
        return self._digest.update()

    def history(self) -> EventHistory:
        """Return the events for charts, thinned if there are many; only what is new since the last call is read."""
        return self._history.update()

    def cut(self, step: int) -> None:
        """Delete the events after a step, which a resumed run will log again, and the reports of failures.

        The new log is always a file of its own, even if the old one was a hard link to another run's.
        """
        if not self.path.exists():
            return
        reader = LineReader(self.path)
        kept = [_is_kept(line, step) for line in reader.lines()]
        self._warn(reader.damaged)
        is_clean = all(kept) and not reader.damaged and reader.offset == self.path.stat().st_size
        if is_clean and self.path.stat().st_nlink == 1:
            return
        with atomic_file(self.path) as file:
            for line in LineReader(self.path).lines():
                if _is_kept(line, step):
                    file.write(line[2] + b"\n")

    def _warn(self, damaged: list[int]) -> None:
        if damaged:
            warnings.warn(describe_damage(self.path, damaged), stacklevel=3)


class Follower:
    """Returns the events of a log that were added since its last call."""

    def __init__(self, path: Path) -> None:
        self._reader = LineReader(path)

    def __call__(self) -> list[dict[str, Any]]:
        """Return the new events."""
        return list(self.stream())

    def stream(self) -> Iterator[dict[str, Any]]:
        """Yield the new events without holding them all in memory."""
        for _, _, content in self._reader.lines():
            if (event := parse_line(content)) is not None:
                yield event


def _is_kept(line: Line, step: int) -> bool:
    kind, at, _ = line
    return isinstance(at, int) and at <= step and kind != "failure"


def _missing_newline(file: BinaryIO) -> bytes:
    """Return what must come before a new line; delete a last line that a crash cut short."""
    size = file.seek(0, os.SEEK_END)
    if not size:
        return b""
    file.seek(-1, os.SEEK_END)
    if file.read(1) == b"\n":
        return b""
    file.seek(max(0, size - _MAX_TAIL))
    last = file.read().rpartition(b"\n")[2]
    if is_complete(last):
        return b"\n"
    file.truncate(size - len(last))
    return b""
