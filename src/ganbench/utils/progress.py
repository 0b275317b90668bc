"""Print about how long slow work will take, estimated from its rate or from a short trial on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

from ganbench.utils.console import LINE_SECONDS, console_for_stderr

MIN_NOTED_SECONDS = 20.0  # shorter work prints nothing
TRIAL_SECONDS = 1.0  # how long a pass runs before its rate is estimated

#: Prints one line of text.
Notify: TypeAlias = Callable[[str], None]


def print_note(text: str) -> None:
    """Print a line on standard error."""
    console_for_stderr().note(text)


@runtime_checkable
class EstimatesScoreTime(Protocol):
    """A measurement whose ``score()`` may be slow."""

    def seconds_to_score(self) -> float:
        """Return about how many seconds ``score()`` takes, from a trial on a small part of its work."""


class DurationEstimator:
    """A progress callback that prints how long a pass takes, if it is slow, and then how far it is.

    It is called with the amount of work done and the total. The rate counts from the first call, so that
    one-time work before it is excluded.
    """

    def __init__(
        self, what: str, note: Notify = print_note, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._what, self._note, self._clock = what, note, clock
        self._start: tuple[float, int] | None = None
        self._last: float | None = None  # when a line was printed, or decided against
        self._slow = False

    def __call__(self, done: int, total: int) -> None:
        """Record the progress; print the estimate when the rate is known, and a line from time to time after it."""
        if self._last is not None and not self._slow:
            return
        now = self._clock()
        if self._start is None:
            self._start = now, done
            return
        if self._last is not None:
            if now - self._last >= LINE_SECONDS and done < total:
                self._last = now
                self._note(f"{self._what}: {done:,} of {total:,} done")
            return
        seconds, amount = now - self._start[0], done - self._start[1]
        if seconds >= TRIAL_SECONDS and amount > 0:
            self._last, estimate = now, seconds / amount * (total - self._start[1])
            self._slow = estimate >= MIN_NOTED_SECONDS
            note_duration(self._what, estimate, self._note)


def note_duration(what: str, seconds: float, note: Notify = print_note) -> None:
    """Print about how long something takes, if that is at least ``MIN_NOTED_SECONDS``."""
    if seconds >= MIN_NOTED_SECONDS:
        note(f"{what}: about {format_rough_duration(seconds)}")


def format_rough_duration(seconds: float) -> str:
    """Return a time as "40 s", "6 min" or "1.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def time_call(fn: Callable[..., object], *args: object) -> float:
    """Call a function once and return how many seconds it took."""
    start = time.perf_counter()
    fn(*args)
    return time.perf_counter() - start


def pair_count(sizes: Sequence[int]) -> int:
    """Return the number of row pairs between sets of these sizes: each set with itself and with every other."""
    return sum(a * b for i, a in enumerate(sizes) for b in sizes[i:])
