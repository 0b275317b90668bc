"""TODO."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from ganbench.utils.files import atomic_file


class EventLog:
    """Appends to ``events.jsonl``; each event has a ``kind`` and a ``step``. A last line cut short is not an event."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, kind: str, step: int, **values: Any) -> None:
        """Add one event."""
        line = json.dumps({"kind": kind, "step": step, **values}) + "\n"
        with self.path.open("a+b") as file:
            if file.tell() and not _ends_with_newline(file):
                line = "\n" + line  # a crash cut the last line short
            file.write(line.encode())

    def sync(self) -> None:
        """Have the system write to the disk what it has taken."""
        if self.path.exists():
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())

    def read(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the events, of one kind or all, in order."""
        return [e for e in self._events() if kind is None or e["kind"] == kind]

    def follow(self) -> Callable[[], list[dict[str, Any]]]:
        """Return a function that returns the events since its last call; a line cut short is waited for."""
        seen = [0]  # bytes

        def new() -> list[dict[str, Any]]:
            if not self.path.exists():
                return []
            with self.path.open("rb") as file:
                file.seek(seen[0])
                text, _, _ = file.read().rpartition(b"\n")
            seen[0] += len(text) + 1 if text else 0
            return list(_parsed(text.decode(errors="replace").splitlines()))

        return new

    def cut(self, step: int) -> None:
        """Forget what came after a step, so that a resumed run does not tell it twice."""
        if not self.path.exists():
            return
        kept = [json.dumps(e) + "\n" for e in self._events() if e["step"] <= step]
        with atomic_file(self.path) as file:
            file.write("".join(kept).encode())

    def _events(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8", errors="replace") as file:
            yield from _parsed(file)


def _parsed(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
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
