"""The settings that were changed in the midst of a run: the history in ``meta.json``, and the recipe at each step.

An entry says that from a step on, a setting had another value. The history counts: ``recipe.json`` holds the newest
values, and follows from the history if a process was killed between writing the two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ganbench.errors import UserError
from ganbench.recipes.base import Recipe
from ganbench.recipes.changeable import alters_training
from ganbench.utils.files import read_json

KEY = "changes"
_FORMER_KEY = "extended"  # of earlier versions, which changed only the number of steps


@dataclass(frozen=True)
class Change:
    """A setting and its values, as JSON, before and after ``step`` finished steps."""

    step: int
    key: str
    old: Any
    new: Any


def read_changes(meta: Mapping[str, Any]) -> list[Change]:
    """Return the history of a run from its metadata, in the order of steps.

    Raises:
        UserError: it is damaged.
    """
    try:
        entries = [
            Change(entry["step"], "schedule.steps", entry["from_steps"], entry["to_steps"])
            for entry in meta.get(_FORMER_KEY, ())
        ]
        entries += [Change(**entry) for entry in meta.get(KEY, ())]
        if not all(type(e.step) is int and e.step >= 0 and isinstance(e.key, str) for e in entries):
            raise TypeError
    except (KeyError, TypeError) as error:
        raise UserError("meta.json is damaged: its history of changes cannot be read") from error
    return sorted(entries, key=lambda entry: entry.step)


def readable_changes(meta: Mapping[str, Any]) -> list[Change]:
    """Return the history for display; empty if it is damaged."""
    try:
        return read_changes(meta)
    except UserError:
        return []


def changes_of_run(recipe: str) -> list[str]:
    """Return the changes of the run whose ``recipe.json`` is given, in words; none for any other name or file."""
    meta = Path(recipe).with_name("meta.json")
    if Path(recipe).name != "recipe.json" or not meta.is_file():
        return []
    return [describe_change(entry) for entry in readable_changes(read_json(meta))]


def with_changes(
    meta: Mapping[str, Any], step: int, differences: Mapping[str, tuple[Any, Any]]
) -> dict[str, Any]:
    """Return metadata whose history also has changes at a step: by dotted key, the old and the new value.

    A change replaces later ones of the same setting, which a run has that goes on from an earlier checkpoint.
    """
    kept = [entry for entry in read_changes(meta) if entry.step <= step or entry.key not in differences]
    new = [Change(step, key, old, value) for key, (old, value) in differences.items()]
    history = sorted([*kept, *new], key=lambda entry: entry.step)
    others = {k: v for k, v in meta.items() if k not in (KEY, _FORMER_KEY)}
    return {**others, KEY: [asdict(entry) for entry in history]} if history else others


def recipe_at(
    recipe: Recipe, history: Sequence[Change], step: int | None = None, trusted: Collection[str] = ()
) -> Recipe:
    """Return the recipe by which the update after ``step`` finished steps is computed; by default, the newest one."""
    values: dict[str, Any] = {}
    for entry in reversed(history):
        if step is not None and entry.step > step:
            values[entry.key] = entry.old
        else:
            values.setdefault(entry.key, entry.new)
    return recipe.override(values, trusted) if values else recipe


def changed_settings(history: Iterable[Change], step: int) -> dict[str, Any]:
    """Return the new values, by dotted key, of the changes at exactly this step."""
    return {entry.key: entry.new for entry in history if entry.step == step}


def describe_change(entry: Change) -> str:
    """Return a change in words."""
    return f"{entry.key} from {_format(entry.old)} to {_format(entry.new)} at step {entry.step:,}"


def describe_identity(history: Sequence[Change]) -> str:
    """Say which steps made the run another one than its recipe: "changed at steps 40, 80"; empty if none did.

    When something is recorded does not count.
    """
    steps = list(dict.fromkeys(entry.step for entry in history if alters_training([entry.key])))
    if not steps:
        return ""
    return f"changed at step{'s' if len(steps) > 1 else ''} {', '.join(f'{step:,}' for step in steps)}"


def _format(value: object) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
