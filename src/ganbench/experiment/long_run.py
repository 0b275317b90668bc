"""Say early that a run at the reference budget will need many hours, and how to get a short one."""

from __future__ import annotations

import time
from collections.abc import Callable

from ganbench.recipes.base import Recipe
from ganbench.recipes.registry import recipe_functions
from ganbench.training.trainer import Trainer
from ganbench.utils.console import Console

LONG_HOURS = 6.0
_FIRST_STEPS = 1  # before the clock runs: first passes are slower
_SECONDS = 3.0  # of training that the estimate rests on


class LongRunNotice:
    """A hook that estimates the length of the rest of a run from its first steps, and prints a line if it is long.

    The line appears once, only at the reference budget, and only if the rest needs more than six hours at the speed of
    the first steps.

    Args:
        recipe: The recipe.
        console: Receives the line.
        clock: Returns the time in seconds.
    """

    def __init__(self, recipe: Recipe, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._recipe, self._console, self._clock = recipe, console, clock
        self._seen = 0
        self._start: float | None = None
        self._done = recipe.budget != "reference"

    def due(self, step: int, steps: int) -> bool:
        """Whether an estimate is possible now; counts the steps."""
        if self._done:
            return False
        self._seen += 1
        if self._seen == _FIRST_STEPS:
            self._start = self._clock()
        return (
            self._start is not None and self._seen > _FIRST_STEPS and self._clock() - self._start >= _SECONDS
        )

    def __call__(self, trainer: Trainer) -> None:
        """Estimate, and print the line if the rest of the run is long."""
        self._done = True
        assert self._start is not None, "due() starts the clock"
        step_seconds = (self._clock() - self._start) / (self._seen - _FIRST_STEPS)
        hours = step_seconds * (trainer.schedule.steps - trainer.step) / 3600
        if trainer.engine.is_main_process and hours > LONG_HOURS:
            self._console.note(
                f"the reference budget needs about {format_hours(hours)} on this machine "
                f"({trainer.schedule.steps:,} steps at {step_seconds:.3g} s); {short_run(self._recipe)}"
            )


def short_run(recipe: Recipe) -> str:
    """Return how to get a short run of the recipe: the command, if the recipe is known by name."""
    function = recipe_functions().get(recipe.name)
    if function is None or "laptop" not in getattr(function, "budgets", ()):
        return "set schedule.steps for a shorter run"
    return f"for one of minutes: ganbench train {recipe.name} --budget laptop"


def format_hours(hours: float) -> str:
    """Return a time as whole hours up to two days, then as whole days."""
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
