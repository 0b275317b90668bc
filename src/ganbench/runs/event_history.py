"""The events of a run for charts: all of a short log, and evenly spaced ones of a long log."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from ganbench.runs.event_lines import LineReader, parse_line

MAX_EVENTS = 4000  # of one kind; half as many when a long log is thinned


class EventHistory:
    """The events of a log, thinned kind by kind; :meth:`update` reads the lines that were added since the last call.

    If a kind has more than ``max_events``, every second, fourth, eighth, ... of its events is kept, and the last one.
    The result depends only on the log, not on when it was read.

    Attributes:
        omitted: the number of events that are not kept.
        damaged: the numbers of damaged lines.
    """

    def __init__(self, path: Path, max_events: int = MAX_EVENTS) -> None:
        self._reader, self._lock = LineReader(path), threading.Lock()
        self._max_events = max_events
        self._kinds: dict[str, ThinnedLines] = {}
        self._count = 0

    @property
    def damaged(self) -> list[int]:
        """The numbers of damaged lines."""
        return self._reader.damaged

    @property
    def omitted(self) -> int:
        """The number of events that are not kept."""
        with self._lock:
            return self._count - sum(len(kind.entries()) for kind in self._kinds.values())

    def update(self) -> EventHistory:
        """Read what is new, and return the history."""
        with self._lock:
            if self._reader.was_replaced():
                self._kinds, self._count = {}, 0
            for line in self._reader.lines():
                if line[0] not in self._kinds:
                    self._kinds[line[0]] = ThinnedLines(self._max_events)
                self._kinds[line[0]].add(self._count, line[2])
                self._count += 1
        return self

    def events(self) -> tuple[dict[str, Any], ...]:
        """Return the kept events in the order of the log."""
        with self._lock:
            kept = sorted(entry for kind in self._kinds.values() for entry in kind.entries())
        events = (parse_line(content) for _, content in kept)
        return tuple(event for event in events if event is not None)


class ThinnedLines:
    """At most ``max_events`` evenly spaced lines of one kind, with their positions in the log, and the last line."""

    def __init__(self, max_events: int) -> None:
        self._max_events = max_events
        self._count, self._stride = 0, 1
        self._kept: list[tuple[int, bytes]] = []
        self._last: tuple[int, bytes] | None = None

    def add(self, position: int, content: bytes) -> None:
        """Add the next line."""
        if self._count % self._stride == 0:
            self._kept.append((position, content))
            if len(self._kept) > self._max_events:
                del self._kept[1::2]
                self._stride *= 2
        self._last = (position, content)
        self._count += 1

    def entries(self) -> list[tuple[int, bytes]]:
        """Return the lines that are kept, in order."""
        if self._last is None or self._last in self._kept[-1:]:
            return self._kept
        return [*self._kept, self._last]
