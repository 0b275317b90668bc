"""A budget in minutes: a short trial measures the time of a step, and the plan follows from it."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from ganbench.config.spec import Spec
from ganbench.data.base import Dataset
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.misfit import explain_misfit
from ganbench.recipes.base import Recipe
from ganbench.training.engine import Engine
from ganbench.training.schedule import Constant, Linear
from ganbench.training.settings import Schedule

TRIAL_SHARE = 1 / 150  # of the budget; the trial's steps are thrown away
_STEPS_SHARE = (
    0.8  # of the budget; the rest is for loading, samples, checkpoints, and a machine that slows down
)
_MIN_STEPS = 500  # fewer end in noise or in a grey smear
_WARMUP_STEPS = 3  # before the clock runs: first passes are slower
_REPORTS = 10  # sample grids and checkpoints of a run
_EMA_SHARE = 0.02  # half-life of the EMA of G, as a share of the run's images


@dataclass(frozen=True)
class Plan:
    """The number of ``steps`` that fit into ``minutes`` at ``step_seconds`` each, as ``trial_steps`` measured it."""

    minutes: float
    steps: int
    step_seconds: float
    trial_steps: int

    def describe(self, schedule: Schedule) -> str:
        """Return the plan as a sentence."""
        span = f"{self.minutes:g} minutes" if self.minutes > 1 else f"{self.minutes * 60:.0f} seconds"
        half_life = schedule.ema_half_life
        end = schedule.learning_rate_at(schedule.steps)
        rates = "fall to 0 at the end" if end == 0 else f"end at {end:.3g} times the recipe's"
        ema = (
            "no EMA of G" if half_life is None else f"the EMA of G has a half-life of {half_life:,.0f} images"
        )
        return (
            f"plan for {span}: {self.steps:,} steps with batch size {schedule.batch}, at "
            f"{self.step_seconds * 1000:.3g} ms a step here ({self.trial_steps} tried); learning rates {rates}; {ema}"
        )

    def warning(self) -> str:
        """Return a warning if so few steps fit that samples will be little more than noise; else an empty text."""
        if self.steps >= _MIN_STEPS:
            return ""
        minutes = math.ceil(_MIN_STEPS * self.step_seconds / 60 / _STEPS_SHARE)
        return (
            f"only {self.steps:,} steps fit, and samples stay noise for about {_MIN_STEPS:,}; --budget {minutes}m "
            "would fit as many, and smaller images, networks or batches make steps faster"
        )


def fit_to_budget(
    recipe: Recipe,
    minutes: float,
    dataset: Dataset,
    engine: Engine,
    seed: int,
    *,
    changed: Collection[str] = (),
    trial_share: float = TRIAL_SHARE,
) -> tuple[Recipe, Plan]:
    """Return the recipe with as many steps as fit into ``minutes``, and the plan.

    The trial trains throw-away networks for ``trial_share`` of the budget, at least one second. Constant learning rates
    become linearly falling ones; others keep their shape. The EMA of G, if the recipe has one, gets a half-life of a
    fiftieth of the run's images unless its own is shorter. Settings of the schedule among the dotted keys ``changed``,
    which the user has set, stay as they are.
    """
    seconds = max(minutes * 60 * trial_share, 1.0)
    trial = time_steps(recipe, dataset, engine, seed, seconds)
    steps = max(1, int(minutes * 60 * _STEPS_SHARE / trial.seconds))
    steps = int(engine.broadcast(str(steps)))  # the main process's clock counts
    plan = Plan(minutes, steps, trial.seconds, trial.steps)
    return dataclasses.replace(recipe, schedule=_with_steps(recipe.schedule, steps, changed)), plan


def _with_steps(schedule: Schedule, steps: int, changed: Collection[str]) -> Schedule:
    """Return a schedule of ``steps`` steps; what depends on the length is adapted, unless the user has changed it."""
    own = {key.split(".")[1] for key in changed if key.startswith("schedule.")} - {"steps"}
    interval = max(1, steps // _REPORTS)
    changes: dict[str, Any] = {"steps": steps, "checkpoint_every": interval}
    if schedule.sample_every:
        changes["sample_every"] = interval
    if schedule.evaluate_every:
        changes["evaluate_every"] = interval
    if schedule.learning_rate.target is Constant:
        changes["learning_rate"] = Spec(Linear)
    if schedule.ema_half_life is not None:
        changes["ema_half_life"] = min(schedule.ema_half_life, max(1.0, _EMA_SHARE * steps * schedule.batch))
    changes["warmup"] = min(schedule.warmup, steps // 10)
    return dataclasses.replace(schedule, **{k: v for k, v in changes.items() if k not in own})


class Trial(NamedTuple):
    """The number of steps of a trial, and the seconds and the CPU seconds (of all threads) of each."""

    steps: int
    seconds: float
    cpu_seconds: float


def time_steps(recipe: Recipe, dataset: Dataset, engine: Engine, seed: int, seconds: float) -> Trial:
    """Train throw-away networks for about ``seconds``, at least one step."""
    trainer = make_trainer(recipe, dataset, engine, seed)
    with explain_misfit(recipe), engine.fork_random_state():
        for _ in range(_WARMUP_STEPS):
            trainer.train_step()
        start, cpu_start, steps = time.perf_counter(), time.process_time(), 0
        while not steps or not engine.any(time.perf_counter() - start > seconds):
            trainer.train_step()
            steps += 1
    cpu_seconds = time.process_time() - cpu_start
    return Trial(steps, (time.perf_counter() - start) / steps, cpu_seconds / steps)
