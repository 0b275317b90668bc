"""What a run needs to go on as it began, or with other settings: first weights, and a record of the changes."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from torch import nn

from ganbench.config.spec import Spec
from ganbench.errors import UserError
from ganbench.inference.build import load_pretrained_weights
from ganbench.recipes.base import Recipe
from ganbench.runs.changes import Change, read_changes, recipe_at, with_changes
from ganbench.runs.run import Run
from ganbench.utils.files import write_sealed_json


def load_first_weights(run: Run, recipe: Recipe, networks: nn.ModuleDict) -> None:
    """Load pretrained weights as at the start of a run that has no checkpoint yet.

    Raises:
        UserError: they cannot be read, or are not those that the run started from.
    """
    recorded = run.meta.get("pretrained")
    for name, digest in load_pretrained_weights(networks, recipe.start).digests.items():
        before = recorded.get(name) if isinstance(recorded, Mapping) else None
        if before not in (None, digest):  # None: an earlier version recorded nothing
            raise UserError(
                f"the pretrained weights of {name} are not those that {run.path} started from: their SHA-256 begins "
                f"with {digest}, but began with {before} then"
            )


def record_changes(
    run: Run,
    recipe: Recipe,
    step: int,
    differences: Mapping[str, tuple[Any, Any]],
    trusted: Collection[str] = (),
) -> None:
    """Record that a run goes on from ``step`` with ``recipe``, which differs from the one before.

    ``meta.json`` is written first, since the history counts (see :mod:`ganbench.runs.changes`). A change before the
    first step needs no entry there: the whole run follows ``recipe.json``.
    """
    meta = run.meta
    if step > 0:
        meta = with_changes(meta, step, differences)
        write_sealed_json(run.path / "meta.json", meta)
    write_sealed_json(
        run.path / "recipe.json", recipe_at(recipe, read_changes(meta), None, trusted).to_dict()
    )


def log_changes(run: Run, history: Sequence[Change], step: int) -> None:
    """Log the changes at the step from which a run goes on, unless the log has them: a kill may have come between."""
    due = [entry for entry in history if entry.step == step]
    logged = (
        [(e.get("key"), e.get("new")) for e in run.events.stream("change") if e["step"] == step]
        if due
        else []
    )
    for entry in due:
        if (entry.key, entry.new) not in logged:
            run.events.append("change", step, key=entry.key, old=entry.old, new=entry.new)


def describe_jump(recipe: Recipe, history: Sequence[Change], step: int) -> str:
    """Say what jumps because the run has, from ``step`` on, another number of steps than it had until then.

    Learning rates, weights of regularizers and the like may follow a share of the run. Empty if nothing jumps.
    """
    plans = [entry.old for entry in history if entry.key == "schedule.steps" and entry.step == step]
    if not plans or step == 0:
        return ""
    before, now = plans[0], recipe.schedule.steps
    jumps = [
        f"{name} from {factor(step - 1, before):.4g} to {factor(step, now):.4g}"
        for name, factor in _factors(recipe)
        if factor(step, before) != factor(step, now)
    ]
    if not jumps:
        return ""
    return (
        f"{now} steps instead of {before} stretch what goes by a share of the run; at step {step} it jumps: "
        f"{', '.join(jumps)}; so this run is not the one that {now} planned steps would have given"
    )


def _factors(recipe: Recipe) -> Iterator[tuple[str, Callable[[int, int], float]]]:
    """Yield the recipe's factors, which depend on the finished and the planned steps, with their names."""

    def learning_rate(step: int, steps: int) -> float:
        return dataclasses.replace(recipe.schedule, steps=steps).learning_rate_at(step)

    yield "the factor of the learning rates", learning_rate
    for path, spec in _specs(recipe.algorithm, "algorithm"):
        if inspect.isclass(spec.target) and _arguments(spec.target.__call__) == ["self", "step", "steps"]:
            yield path, spec()


def _arguments(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


def _specs(value: object, path: str) -> Iterator[tuple[str, Spec]]:
    """Yield the Specs in a value at any depth, with their dotted keys."""
    if isinstance(value, Spec):
        yield path, value
        value = value.kwargs
    if isinstance(value, Mapping | tuple | list):
        for key, child in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _specs(child, f"{path}.{key}")
