"""Train every recipe of a study for as many images, or as much CPU time, as the first one."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from ganbench.errors import UserError
from ganbench.experiment.time_budget import time_steps
from ganbench.inference.build import make_dataset
from ganbench.recipes.base import Recipe
from ganbench.studies.plan import Plan
from ganbench.training.engine import Engine

Measure = Literal["images", "cpu-time"]
_ROUNDS, _SECONDS = 3, 0.7  # of trials of each recipe, of which the fastest counts


@dataclass(frozen=True)
class Equal:
    """What is equal in all runs of a study.

    Attributes:
        by: The measure.
        target: The images, or the CPU seconds, of each run.
        costs: The images, or the measured CPU seconds, of a step of each recipe, by label.
    """

    by: Measure
    target: float
    costs: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {"by": self.by, "target": self.target, "costs": dict(self.costs)}


def equalize(plan: Plan, by: Measure, existing: Plan | None) -> Plan:
    """Return a plan whose recipes have as many steps as reach the target, at least one.

    The target is what the first recipe takes with its own steps. Recipes that the existing study has, keep their steps,
    and its target stays.

    Raises:
        UserError: the measure is unknown, or CPU time is asked for and a recipe trains on a GPU.
    """
    if by not in get_args(Measure):
        raise UserError(f"--equalize takes images or cpu-time, not '{by}'")
    before = Equal(**existing.equal) if existing is not None and existing.equal else None
    known = {} if before is None or existing is None else existing.recipes
    new = {label: recipe for label, recipe in plan.build_recipes().items() if label not in known}
    first = next(iter(plan.recipes))
    costs = {**(before.costs if before else {}), **_costs(new, by)}
    target = before.target if before else costs[first] * plan.steps(first)
    recipes = dict(plan.recipes)
    for label in recipes:
        steps = max(1, math.ceil(round(target / costs[label], 6)))
        changed = json.loads(json.dumps(recipes[label]))
        changed["schedule"]["steps"] = int(known[label]["schedule"]["steps"]) if label in known else steps
        recipes[label] = changed
    return replace(plan, recipes=recipes, equal=Equal(by, target, costs).to_dict())


def _costs(recipes: Mapping[str, Recipe], by: Measure) -> dict[str, float]:
    if by == "images":
        return {label: float(recipe.schedule.batch) for label, recipe in recipes.items()}
    costs: dict[str, float] = {}
    for _ in range(_ROUNDS):  # in turn, since the speed of a machine drifts
        for label, recipe in recipes.items():
            costs[label] = min(costs.get(label, math.inf), _cpu_seconds(label, recipe))
    return costs


def _cpu_seconds(label: str, recipe: Recipe) -> float:
    """Return the CPU seconds of a training step, on one thread."""
    with Engine(replace(recipe.machine, threads=1)) as engine:
        if engine.device.type != "cpu":
            raise UserError(
                f"--equalize cpu-time measures the CPU, but '{label}' trains on {engine.device.type}; "
                "set machine.device=cpu, or use --equalize images"
            )
        return time_steps(recipe, make_dataset(recipe), engine, 0, _SECONDS).cpu_seconds
