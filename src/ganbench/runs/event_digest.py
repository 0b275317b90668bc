"""What the log of a run says in short, kept up to date by reading only what is new: progress, failure, best score."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganbench.runs.event_history import ThinnedLines
from ganbench.runs.event_lines import Line, LineReader, parse_line

_TREND_POINTS = 32
_NO_TERMS = ("kind", "step", "kimg")


class LogDigest:
    """A summary of a log, with a short curve; :meth:`update` reads the lines that were added since the last call.

    Attributes:
        last_step: the step of the newest event.
        failed: whether the newest part of the log reports a failure.
        score: the name of the first score; further scores do not count.
        better: whether a "lower" or a "higher" value of it is better.
        best: the event of its best value, the latest one if tied; None without a finite value.
        scored_steps: how often it was measured.
        damaged: the numbers of damaged lines.
    """

    def __init__(self, path: Path) -> None:
        self._reader, self._lock = LineReader(path), threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self.last_step, self.failed = 0, False
        self.score, self.better, self.scored_steps = "", "lower", 0
        self.best: Mapping[str, Any] | None = None
        self._count, self._lines = 0, {kind: ThinnedLines(_TREND_POINTS) for kind in ("score", "scalars")}

    @property
    def damaged(self) -> list[int]:
        """The numbers of damaged lines."""
        return self._reader.damaged

    def update(self) -> LogDigest:
        """Read what is new, and return the digest."""
        with self._lock:
            if self._reader.was_replaced():
                self._clear()
            for line in self._reader.lines():
                self._add(line)
        return self

    def _add(self, line: Line) -> None:
        kind, step, content = line
        if isinstance(step, int):
            self.last_step = step
        self._count += 1
        if kind in self._lines:
            self._lines[kind].add(self._count, content)
        if kind == "failure":
            self.failed = True
        elif kind == "score":
            event = parse_line(content)
            if event is not None and isinstance(event.get("name"), str):
                self._add_score(event)

    def _add_score(self, event: Mapping[str, Any]) -> None:
        if not self.score:
            self.score = event["name"]
            self.better = "higher" if event.get("better") == "higher" else "lower"
        if event["name"] != self.score:
            return
        self.scored_steps += 1
        if _is_finite(event.get("value")) and isinstance(event["step"], int) and self._is_best(event):
            self.best = event

    def trend(self) -> tuple[str, list[float]]:
        """Return the name of what a small curve of the run shows, and its values in order, evenly spaced.

        That is the first score if it was measured more than once, else a loss term of G, or the first one.
        """
        with self._lock:
            scores, scalars = (
                [event for _, content in self._lines[kind].entries() if (event := parse_line(content))]
                for kind in ("score", "scalars")
            )
        values = [
            float(e["value"]) for e in scores if e.get("name") == self.score and _is_finite(e.get("value"))
        ]
        if len(values) > 1:
            return self.score, values
        terms = [name for event in scalars[-1:] for name in event if name not in _NO_TERMS]
        term = next((name for name in terms if name.startswith("G/")), terms[0] if terms else "")
        return term, [float(event[term]) for event in scalars if _is_finite(event.get(term))]

    def _is_best(self, event: Mapping[str, Any]) -> bool:
        if self.best is None:
            return True
        sign = 1 if self.better == "higher" else -1
        return (sign * event["value"], event["step"]) >= (sign * self.best["value"], self.best["step"])


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < 1e300 and math.isfinite(value)
