"""Check a run's events against all rules and collect the findings."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ganbench.health.base import Finding, Rule
from ganbench.health.collapse import Collapse
from ganbench.health.diverging import Diverging
from ganbench.health.frozen import Frozen
from ganbench.health.not_finite import NotFinite
from ganbench.health.saturated import Saturated
from ganbench.health.signals import MATURE_STEPS, Signals
from ganbench.health.starved import Starved

RULES: tuple[Rule, ...] = (Saturated(), Starved(), Frozen(), Collapse(), Diverging(), NotFinite())


class HealthMonitor:
    """Checks events as they arrive. Each rule has at most one finding, whose last step is updated.

    Args:
        steps: the number of planned steps; 0 if unknown.
        rules: the rules to check.

    Attributes:
        findings: the findings so far, by the name of the rule.
    """

    def __init__(self, steps: int = 0, rules: Iterable[Rule] = RULES) -> None:
        self.rules, self.signals = tuple(rules), Signals(steps)
        self.findings: dict[str, Finding] = {}

    def update(self, events: Iterable[Mapping[str, Any]]) -> list[Finding]:
        """Process events and return the new findings, in order."""
        new = []
        for event in events:
            self.signals.add(event)
            for rule in self.rules:
                if event["kind"] in rule.events and self._check(rule):
                    new.append(self.findings[rule.name])
        return new

    def _check(self, rule: Rule) -> bool:
        """Record what the rule finds; return whether the finding is new."""
        message, step = rule.check(self.signals), self.signals.step
        if message is None:
            return False
        if rule.name in self.findings:
            self.findings[rule.name] = dataclasses.replace(self.findings[rule.name], last_step=step)
            return False
        self.findings[rule.name] = Finding(
            rule=rule.name, first_step=step, last_step=step, message=message, advice=rule.advice
        )
        return True


def verdict(findings: Collection[Finding], step: int) -> str:
    """Return what the rules say about a run as a whole after ``step`` steps, in one sentence without a full stop."""
    if findings:
        rules = ", ".join(finding.rule for finding in findings)
        return f"the health rules found {len(findings)} problem{'s' if len(findings) > 1 else ''}: {rules}"
    if step < MATURE_STEPS:
        return (
            f"too young to judge: the health rules found no problem in {step:,} step{'s' if step != 1 else ''}, "
            f"but most need about {MATURE_STEPS:,}"
        )
    return "the health rules found no problem"


def diagnose(events: Iterable[Mapping[str, Any]], steps: int = 0) -> list[Finding]:
    """Return all problems found in a run's events, in order; ``steps`` is the number of planned steps, 0 if unknown."""
    monitor = HealthMonitor(steps)
    monitor.update(events)
    return list(monitor.findings.values())
