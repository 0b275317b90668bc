"""A run of so many minutes: how many steps that is on this machine, by a short trial, and what follows from it."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from typing import Any

from ganbench.config.spec import Spec
from ganbench.data.base import Dataset
from ganbench.experiment.build_trainer import make_trainer
from ganbench.recipes.base import Recipe
from ganbench.training.engine import Engine
from ganbench.training.schedule import Constant, Linear
from ganbench.training.settings import Schedule

TRIED = 1 / 150  # the trial's share of the minutes, since its steps are thrown away
_SHARE = 0.8  # of the minutes for steps; the rest is for loading, samples, checkpoints, and a machine that slows down
_WARM_UP = 3  # steps before the clock runs: first passes are slower
_REPORTS = 10  # sample grids and checkpoints of a run
_AVERAGED = 0.02  # half-life of the average of G, as a share of the run's images


@dataclass(frozen=True)
class Plan:
    """What was measured and what follows: ``steps`` in so many ``minutes`` at ``step_seconds`` each."""

    minutes: float
    steps: int
    step_seconds: float
    trial_steps: int

    def words(self, schedule: Schedule) -> str:
        """Return the plan in a sentence."""
        average = schedule.ema_half_life
        return (
            f"plan for {self.minutes:g} minutes: {self.steps:,} steps of {schedule.batch}, since a step takes "
            f"{self.step_seconds * 1000:.3g} ms here ({self.trial_steps} tried); rates {_fall(schedule)}; "
            + (
                "no average of G"
                if average is None
                else f"G is averaged with a half-life of {average:,.0f} images"
            )
        )


def _fall(schedule: Schedule) -> str:
    """Return what the rates of a schedule come to at its end, in words."""
    end = schedule.learning_rate_at(schedule.steps)
    return "fall to 0 at the end" if end == 0 else f"end at {end:.3g} times the recipe's"


def planned(
    recipe: Recipe, minutes: float, dataset: Dataset, engine: Engine, seed: int, *, tried: float = TRIED
) -> tuple[Recipe, Plan]:
    """Return the recipe with the steps that fit into so many minutes, and the plan.

    The trial trains networks of its own that are thrown away, for up to ``tried`` of the time, and a second at least.
    Learning rates that were constant fall to 0 over the run, others keep their shape; the average of G, where the
    recipe has one, gets a half-life of a fiftieth of the run's images, or keeps its own if that is shorter.
    """
    trial_steps, seconds = _trial(recipe, dataset, engine, seed, most=max(minutes * 60 * tried, 1.0))
    steps = max(1, int(minutes * 60 * _SHARE / seconds))
    steps = int(engine.broadcast(str(steps)))  # the leading process's clock counts
    plan = Plan(minutes, steps, seconds, trial_steps)
    return dataclasses.replace(recipe, schedule=_stretched(recipe.schedule, steps)), plan


def _stretched(schedule: Schedule, steps: int) -> Schedule:
    often = max(1, steps // _REPORTS)
    changes: dict[str, Any] = {"steps": steps, "checkpoint_every": often}
    if schedule.sample_every:
        changes["sample_every"] = often
    if schedule.evaluate_every:
        changes["evaluate_every"] = often
    if schedule.learning_rate.target is Constant:
        changes["learning_rate"] = Spec(Linear)
    if schedule.ema_half_life is not None:
        changes["ema_half_life"] = min(schedule.ema_half_life, max(1.0, _AVERAGED * steps * schedule.batch))
    changes["warmup"] = min(schedule.warmup, steps // 10)
    return dataclasses.replace(schedule, **changes)


def _trial(recipe: Recipe, dataset: Dataset, engine: Engine, seed: int, most: float) -> tuple[int, float]:
    """Return how many steps were tried in at most so many seconds, at least one, and the seconds of each."""
    trainer = make_trainer(recipe, dataset, engine, seed)
    with engine.own_randomness():
        for _ in range(_WARM_UP):
            trainer.advance()
        began, tried = time.perf_counter(), 0
        while not tried or not engine.any(time.perf_counter() - began > most):
            trainer.advance()
            tried += 1
    return tried, (time.perf_counter() - began) / tried
