"""What a rule is: it looks at a run's signals after an event of its kind, and says what is wrong, if anything is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ganbench.health.signals import Signals


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that went wrong: since which step, until which it was last seen, in one sentence, and what to try."""

    rule: str
    step: int
    last: int
    sentence: str
    advice: str


class Rule(Protocol):
    """One thing that can go wrong. ``events`` names the kinds of events after which it can have begun."""

    @property
    def name(self) -> str:
        """What it is called in a list of findings."""

    @property
    def events(self) -> tuple[str, ...]:
        """See above."""

    @property
    def advice(self) -> str:
        """What to try."""

    def check(self, signals: Signals) -> str | None:
        """Return what is wrong now, in one sentence without a full stop; None if nothing is."""
