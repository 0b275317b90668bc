"""The line about a long run: when it appears, and what it says."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest

from ganbench.experiment.long_run import LongRunNotice, format_hours, short_run
from ganbench.recipes.base import Budget
from ganbench.recipes.registry import find_recipe
from ganbench.utils.console import SilentConsole


class Notes(SilentConsole):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)


def first_steps(
    step_seconds: float, steps: int, budget: Budget = "reference", *, first: int = 1, is_main: bool = True
) -> list[str]:
    """Return the lines of the first 20 steps of a run of ``steps``; the first takes 100 seconds."""
    console, now = Notes(), 0.0
    notice = LongRunNotice(find_recipe("dcgan-cifar10", budget), console, clock=lambda: now)
    engine = SimpleNamespace(is_main_process=is_main)
    for i in range(20):
        now += 100 if i == 0 else step_seconds
        step = first + i
        if notice.due(step, steps):
            trainer: Any = SimpleNamespace(step=step, schedule=SimpleNamespace(steps=steps), engine=engine)
            notice(trainer)
    return console.lines


def test_a_long_run_is_announced_once_with_the_command_of_a_short_one() -> None:
    assert first_steps(2.0, 200_000) == [
        "the reference budget needs about 5 days on this machine (200,000 steps at 2 s); "
        "for one of minutes: ganbench train dcgan-cifar10 --budget laptop"
    ]


def test_a_slow_first_step_does_not_count() -> None:
    assert first_steps(1.0, 10_000) == []


def test_six_hours_are_the_limit() -> None:
    assert first_steps(1.0, 21_500) == []
    assert len(first_steps(1.0, 21_700)) == 1


def test_a_resumed_run_counts_its_rest() -> None:
    assert first_steps(2.0, 200_000, first=195_000) == []


@pytest.mark.parametrize("settings", [{"budget": "laptop"}, {"is_main": False}, {"step_seconds": 0.01}])
def test_other_runs_are_not_announced(settings: dict[str, Any]) -> None:
    assert first_steps(**{"step_seconds": 2.0, "steps": 200_000, **settings}) == []


def test_a_recipe_without_a_name_of_its_own_has_no_command() -> None:
    own = dataclasses.replace(find_recipe("dcgan-cifar10"), name="my-gan")
    assert short_run(own) == "set schedule.steps for a shorter run"


@pytest.mark.parametrize(
    ("hours", "text"), [(6.4, "6 hours"), (47.4, "47 hours"), (49, "2 days"), (240, "10 days")]
)
def test_hours_and_days(hours: float, text: str) -> None:
    assert format_hours(hours) == text
