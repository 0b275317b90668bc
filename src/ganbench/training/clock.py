"""Wall time of a run by section, measured at the cost of two clock readings per section."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Adds up wall seconds by section until :meth:`take` resets it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._start = time.perf_counter()

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """Add the time inside the block to section ``name``."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def take(self) -> dict[str, float]:
        """Return the seconds by section since the last call, and all of them as ``"total"``; then reset."""
        now = time.perf_counter()
        seconds = {**self.seconds, "total": now - self._start}
        self.seconds, self._start = {}, now
        return seconds
