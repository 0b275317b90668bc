"""Exceptions of ganbench: the user's input is wrong, or the run failed or was stopped."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: Ends a message about an unknown name where the user's own names are allowed.
OWN_HINT = " (one of your own needs --module FILE.py)"


class UserError(Exception):
    """The input is wrong. The message is one sentence: what is wrong, where, and what would work. Exit code 2.

    Example:
        >>> import ganbench
        >>> ganbench.find_recipe("gan-ring9")
        Traceback (most recent call last):
        ganbench.errors.UserError: there is no recipe 'gan-ring9'; did you mean 'gan-ring8'?
    """


class NotFiniteError(UserError):
    """Networks computed NaN or infinity: their run has diverged. During training, it becomes a :class:`RunError`."""


class RunError(Exception):
    """The run cannot continue (NaN loss, disk full, ...). The message says what has been saved. Exit code 3."""


class Stopped(Exception):
    """A signal stopped the run, which has saved a checkpoint. Exit code 128 + the signal's number."""

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.signal = signal


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return ``"; did you mean 'lr'?"`` for the closest choice, else the list of choices if it is short."""
    choices = sorted(set(choices))
    matches = [c for c in choices if len(c) > 1 and c == _initials(word)]  # learning_rate means lr
    matches = matches or difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if matches:
        return f"; did you mean '{matches[0]}'?"
    if 0 < len(choices) <= 12:
        return f"; known: {', '.join(choices)}"
    return ""


def did_you_mean_or_own(word: str, choices: Iterable[str]) -> str:
    """Return what :func:`did_you_mean` does; without a close choice, also say how to name one's own."""
    hint = did_you_mean(word, choices)
    return hint if "did you mean" in hint else f"{hint}{OWN_HINT}"


def _initials(word: str) -> str:
    return "".join(part[0] for part in word.replace("-", "_").split("_") if part)
