"""The settings that a run may change in its midst: numbers that each update reads, and that shape no saved state."""

from __future__ import annotations

import inspect
import math
from collections.abc import Collection, Mapping
from typing import Any

from ganbench.config.dotted_keys import annotation_at, paths, value_at
from ganbench.errors import UserError, did_you_mean
from ganbench.recipes.base import Recipe

#: Hyperparameters that an optimizer reads at each update; ``alpha`` is RMSprop's decay.
OPTIMIZER_KEYS = ("lr", "betas", "eps", "weight_decay", "alpha")
_SCHEDULE_KEYS = (
    "steps", "warmup", "gradient_clip", "ema_half_life", "ema_ramp", "log_every", "layers_every", "sample_every",
    "checkpoint_every", "keep_last", "evaluate_every",
)  # fmt: skip
#: Those that say when something is recorded; the training does not depend on them.
RECORDING_KEYS = tuple(
    f"schedule.{name}"
    for name in (
        "log_every",
        "layers_every",
        "sample_every",
        "checkpoint_every",
        "keep_last",
        "evaluate_every",
    )
)
SENTENCE = (
    "a run may change optimizers.NAME.lr, betas, eps, weight_decay and alpha; the fractional numbers of the algorithm, "
    "such as weights of losses and regularizers; those of schedule.learning_rate; and "
    f"schedule.{', '.join(_SCHEDULE_KEYS[:-1])} and {_SCHEDULE_KEYS[-1]}"
)


def changeable_settings(recipe: Recipe) -> dict[str, Any]:
    """Return the settings that a run of this recipe may change, by dotted key, with their values as JSON."""
    keys = [f"optimizers.{name}.{key}" for name in recipe.optimizers for key in OPTIMIZER_KEYS]
    keys = [key for key in keys if setting(recipe, key) is not None]
    keys += [key for key in paths(recipe.algorithm, "algorithm") if _is_fraction(recipe, key)]
    keys += [
        key
        for key in paths(recipe.schedule.learning_rate, "schedule.learning_rate")
        if _is_fraction(recipe, key)
    ]
    keys += [f"schedule.{name}" for name in _SCHEDULE_KEYS]
    if recipe.schedule.ema_half_life is None:  # there is no average that could go on
        keys.remove("schedule.ema_half_life")
    return {key: setting(recipe, key) for key in keys}


def change_settings(recipe: Recipe, values: Mapping[str, Any]) -> tuple[Recipe, dict[str, tuple[Any, Any]]]:
    """Return a recipe with new values of changeable settings, and what that changes.

    Args:
        recipe: The recipe of a run.
        values: New values by dotted key.

    Returns:
        The recipe; and for each setting that has another value now, its old and new one as JSON.

    Raises:
        UserError: a run may not change the setting, or the value does not fit.
    """
    allowed = changeable_settings(recipe)
    for key, value in values.items():
        if key not in allowed:
            raise UserError(
                f"'{key}' cannot change in the midst of a run{did_you_mean(key, allowed)}; {SENTENCE}"
            )
        _require_number(key, value, allowed[key])
    changed = recipe.override(values)
    now = {key: setting(changed, key) for key in values}
    return changed, {key: (allowed[key], now[key]) for key in values if allowed[key] != now[key]}


def setting(recipe: Recipe, key: str) -> Any:
    """Return the value at a dotted key as JSON; None if there is none."""
    value = value_at(recipe, tuple(key.split(".")))
    return list(value) if isinstance(value, tuple) else value


def alters_training(keys: Collection[str]) -> bool:
    """Whether settings that have changed make the run another one than its recipe says."""
    return not set(keys) <= set(RECORDING_KEYS)


def _is_fraction(recipe: Recipe, key: str) -> bool:
    """Whether a key holds a number that need not be whole; whole ones count updates or shape something."""
    keys = tuple(key.split("."))
    annotation, value = annotation_at(recipe, keys), value_at(recipe, keys)
    typed = annotation in (float, float | None, inspect.Parameter.empty)
    return typed and isinstance(value, float)


def _require_number(key: str, value: Any, now: Any) -> None:
    """Raise UserError unless a value is a finite number, as many of them as now, or nothing where that turns it off."""
    if value is None and key == "schedule.gradient_clip":
        return
    numbers = value if isinstance(now, list) and isinstance(value, list | tuple) else [value]
    if isinstance(now, list) and (not isinstance(value, list | tuple) or len(value) != len(now)):
        raise UserError(f"{key} must be {len(now)} numbers such as {now}, not {_shorten(value)}")
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int | float) or not _is_finite(number):
            raise UserError(f"{key} must be a finite number, not {_shorten(number)}")


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number that no float can hold
        return False


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
