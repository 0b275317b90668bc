"""The event log of a run, ``events.jsonl``: one JSON object per line, safe against crashes while writing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from ganbench.utils.files import atomic_file


class EventLog:
    """Appends to an event log and reads it; every event has a ``kind`` and a ``step``. Incomplete lines are ignored."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, kind: str, step: int, **values: Any) -> None:
        """Append an event."""
        line = json.dumps({"kind": kind, "step": step, **values}) + "\n"
        with self.path.open("a+b") as file:
            if file.tell() and not _ends_with_newline(file):
                line = "\n" + line  # a crash cut the last line short
            file.write(line.encode())

    def sync(self) -> None:
        """Flush the log to the disk."""
        if self.path.exists():
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())

    def read(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the events in order: all of them, or those of one kind."""
        return [e for e in self._events() if kind is None or e["kind"] == kind]

    def follow(self) -> Callable[[], list[dict[str, Any]]]:
        """Return a function that returns the events since its last call; incomplete lines are left for the next."""
        offset = 0

        def read_new() -> list[dict[str, Any]]:
            nonlocal offset
            if not self.path.exists():
                return []
            with self.path.open("rb") as file:
                file.seek(offset)
                text, _, _ = file.read().rpartition(b"\n")
            offset += len(text) + 1 if text else 0
            return list(_parse(text.decode(errors="replace").splitlines()))

        return read_new

    def cut(self, step: int) -> None:
        """Delete the events after a step, which a resumed run will log again."""
        if not self.path.exists():
            return
        lines = [json.dumps(e) + "\n" for e in self._events() if e["step"] <= step]
        with atomic_file(self.path) as file:
            file.write("".join(lines).encode())

    def _events(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8", errors="replace") as file:
            yield from _parse(file)


def _parse(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:  # cut short by a crash
            continue
        if isinstance(event, dict) and {"kind", "step"} <= event.keys():
            yield event


def _ends_with_newline(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
