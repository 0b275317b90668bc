"""A line before long work: about how long it takes, by a rate or a short trial that was measured on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

from ganbench.utils.console import console_for_stderr

LONG = 20.0  # seconds: what takes less is not announced
TRIAL = 1.0  # seconds of a pass from which its rate is taken

Note: TypeAlias = Callable[[str], None]


def print_note(text: str) -> None:
    """Say it on standard error."""
    console_for_stderr().note(text)


@runtime_checkable
class Forecasting(Protocol):
    """A measurement whose score may take long."""

    def seconds_to_score(self) -> float:
        """Return about how many seconds ``score`` takes, from a trial of a fraction of that."""


class Forecast:
    """Called during a pass with how much is done of how much, it says once how long the pass takes, if that is long.

    What comes before the first call is not counted: it has what is done only once.
    """

    def __init__(
        self, what: str, note: Note = print_note, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._what, self._note, self._clock = what, note, clock
        self._start: tuple[float, int] | None = None
        self._done = False

    def __call__(self, done: int, total: int) -> None:
        """Take note of the progress."""
        if self._done:
            return
        now = self._clock()
        if self._start is None:
            self._start = now, done
            return
        spent, did = now - self._start[0], done - self._start[1]
        if spent >= TRIAL and did > 0:
            self._done = True
            announce(self._what, spent / did * (total - self._start[1]), self._note)


def announce(what: str, seconds: float, note: Note = print_note) -> None:
    """Say about how long something takes, if that is long."""
    if seconds >= LONG:
        note(f"{what}: about {in_words(seconds)}")


def in_words(seconds: float) -> str:
    """Return a time as "40 s", "6 min" or "1.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def seconds_of(work: Callable[..., object], *arguments: object) -> float:
    """Do something once and return how many seconds it took."""
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def pairs(counts: Sequence[int]) -> int:
    """Return how many pairs there are of all numbers of rows, each with itself and with every other."""
    return sum(a * b for i, a in enumerate(counts) for b in counts[i:])
