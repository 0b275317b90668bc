"""What a resumed run needs to go on as it began: its first weights, and a word on what depends on the run's length."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from torch import nn

from ganbench.config.spec import Spec
from ganbench.errors import UserError
from ganbench.inference.build import load_pretrained_weights
from ganbench.recipes.base import Recipe
from ganbench.runs.run import Run


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


def record_extension(meta: Mapping[str, Any], step: int, planned: int, steps: int) -> dict[str, Any]:
    """Return a run's metadata with the step at which its planned number of steps was changed, if it was."""
    if planned == steps or step == 0:
        return dict(meta)
    earlier = meta.get("extended", [])
    return {**meta, "extended": [*earlier, {"step": step, "from_steps": planned, "to_steps": steps}]}


def describe_jump(recipe: Recipe, meta: Mapping[str, Any], step: int) -> str:
    """Say what jumps because the run has another number of steps than the one that ``step`` was reached with.

    Learning rates, weights of regularizers and the like may follow a share of the run. Empty if nothing jumps.
    """
    plans = [entry["from_steps"] for entry in meta.get("extended", ()) if entry["step"] >= step]
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
