"""Where the time of a run goes: seconds by section, at the cost of two clock readings each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Adds up wall seconds by section until :meth:`take` empties it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """Count the time inside the block for ``name``."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def take(self) -> dict[str, float]:
        """Return seconds by section and, as ``"total"``, since the last taking; start again from zero."""
        now = time.perf_counter()
        taken = {**self.seconds, "total": now - self._since}
        self.seconds, self._since = {}, now
        return taken
