"""The interface of a health rule, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ganbench.health.signals import Signals


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A problem of a run.

    Attributes:
        rule: the name of the rule that found it.
        first_step, last_step: the first and the latest step at which it was found.
        message: what is wrong, in one sentence without a full stop.
        advice: what to try.
    """

    rule: str
    first_step: int
    last_step: int
    message: str
    advice: str


class Rule(Protocol):
    """Checks a run for one kind of problem."""

    @property
    def name(self) -> str:
        """The problem's name in a list of findings."""

    @property
    def events(self) -> tuple[str, ...]:
        """The kinds of events after which the rule is checked."""

    @property
    def advice(self) -> str:
        """What to try."""

    def check(self, signals: Signals) -> str | None:
        """Return what is wrong now, in one sentence without a full stop; None if nothing is."""
