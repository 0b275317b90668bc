"""All rules at work on a run: what was found so far, and what is new."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ganbench.health.base import Finding, Rule
from ganbench.health.collapse import Collapse
from ganbench.health.diverging import Diverging
from ganbench.health.frozen import Frozen
from ganbench.health.not_finite import NotFinite
from ganbench.health.saturated import Saturated
from ganbench.health.signals import Signals
from ganbench.health.starved import Starved

RULES: tuple[Rule, ...] = (Saturated(), Starved(), Frozen(), Collapse(), Diverging(), NotFinite())


class HealthMonitor:
    """Looks at events as they come. A rule that speaks again extends its finding, so each is found once."""

    def __init__(self, steps: int = 0, rules: Iterable[Rule] = RULES) -> None:
        """Begin with a run of so many planned steps (0: nobody knows)."""
        self.rules, self.signals = tuple(rules), Signals(steps)
        self.found: dict[str, Finding] = {}

    def update(self, events: Iterable[Mapping[str, Any]]) -> list[Finding]:
        """Take in events and return what is new, in the order in which it was found."""
        new = []
        for event in events:
            self.signals.add(event)
            for rule in self.rules:
                if event["kind"] in rule.events and self._ask(rule):
                    new.append(self.found[rule.name])
        return new

    def _ask(self, rule: Rule) -> bool:
        """Whether the rule finds something for the first time."""
        sentence, step = rule.check(self.signals), self.signals.step
        if sentence is None:
            return False
        if rule.name in self.found:
            self.found[rule.name] = dataclasses.replace(self.found[rule.name], last=step)
            return False
        self.found[rule.name] = Finding(
            rule=rule.name, step=step, last=step, sentence=sentence, advice=rule.advice
        )
        return True


def findings(events: Iterable[Mapping[str, Any]], steps: int = 0) -> list[Finding]:
    """Return all that was wrong in the course of a run of so many planned steps, in the order in which it was found."""
    watch = HealthMonitor(steps)
    watch.update(events)
    return list(watch.found.values())
