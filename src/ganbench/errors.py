"""The two ways things go wrong: the user's input is wrong, or the run failed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """The input is wrong. The message is one sentence: what is wrong, where, what would do. Exit code 2."""


class RunError(Exception):
    """The run could not go on (not a number, disk full, ...). The message says what is safe. Exit code 3."""


class Stopped(Exception):
    """The run was asked to stop by a signal and has saved a checkpoint. Exit code 128 + the signal's number."""

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.signal = signal


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'lr'?"`` for the closest of the known words, else the list of them."""
    known = sorted(set(known))
    close = [k for k in known if len(k) > 1 and k == _initials(word)]  # learning_rate means lr
    close = close or difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    if 0 < len(known) <= 12:
        return f"; known: {', '.join(known)}"
    return ""


def _initials(word: str) -> str:
    return "".join(part[0] for part in word.replace("-", "_").split("_") if part)
