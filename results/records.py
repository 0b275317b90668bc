"""Read the records in ``results/``, and decide which of them count for a recipe.

A record holds the settings of its run. It counts for a recipe if they equal those of the present recipe, except for
settings that do not affect training. Records with other settings are older: they are shown only where no record counts,
and then with the names of the settings that differ.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
import re
import statistics
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ganbench.config.addresses import address_of
from ganbench.config.spec import Spec, parameters
from ganbench.recipes.base import Recipe
from ganbench.recipes.overrides import parse_overrides
from ganbench.recipes.registry import find_recipe

HERE = Path(__file__).parent
Record = dict[str, Any]
#: Settings that do not affect training: what is shown, stored and measured, the machine, and paths of trained encoders.
_NO_EFFECT = re.compile(
    r"(name|summary|papers|budget)\b|machine\.(?!precision)|networks\.\w+\.weights$"
    r"|schedule\.(log_every|layers_every|sample_every|samples|checkpoint_every|keep_last|evaluate_\w+|best_by)$"
)
#: How a score is written on the pages, in this order. Scores that are not named here keep their own name.
SCORES = {
    "fd": "fd {}",
    "modes": "captured modes {}",
    "high_quality": "good samples {}",
    "w1": "w1 {}",
    "accuracy": "accuracy {}",
    "codes": "codes right for {}",
    "representation": "probe right for {}",
    "translation": "translations right for {}",
    "consistency": "consistency {}",
    "fd-class": "fd within classes {}",
    "balance": "balance {} nats",
    "cycle": "cycle error {}",
}
_PERCENT = ("accuracy", "codes", "representation", "translation", "high_quality")


@functools.cache
def read_runs() -> tuple[Record, ...]:
    """Return the records of all runs with their file stems, in the order of the stems."""
    paths = sorted((HERE / "runs").glob("*.json"))
    return tuple({"stem": path.stem, **json.loads(path.read_text())} for path in paths)


@functools.cache
def read_studies() -> Mapping[str, Record]:
    """Return the records of all studies by name."""
    paths = sorted((HERE / "studies").glob("*/study.json"))
    return {path.parent.name: json.loads(path.read_text()) for path in paths}


def present_recipe(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """Return the laptop version of a recipe with overrides as typed."""
    return find_recipe(name, "laptop").override(parse_overrides(overrides))


def training_settings(recipe: Recipe) -> dict[str, Any]:
    """Return the settings that affect training by dotted key, with the defaults of the parts."""
    return {key: value for key, value in flatten(recipe).items() if not _NO_EFFECT.match(key)}


def flatten(node: Any, prefix: str = "") -> dict[str, Any]:
    """Return the values below a node by dotted key; the key of a part itself ends in ``target``."""
    dot = f"{prefix}." if prefix else ""
    if isinstance(node, Spec):
        defaults = {
            name: parameter.default
            for name, parameter in parameters(node.target).items()
            if parameter.default is not inspect.Parameter.empty
        }
        children = {**defaults, **node.kwargs}
        values: dict[str, Any] = {f"{dot}target": address_of(node.target)}
    else:
        values = {}
        if dataclasses.is_dataclass(node) and not isinstance(node, type):
            children = {field.name: getattr(node, field.name) for field in dataclasses.fields(node)}
        elif isinstance(node, Mapping):
            children = dict(node)
        elif isinstance(node, tuple | list) and any(isinstance(child, Spec | tuple) for child in node):
            children = {str(i): child for i, child in enumerate(node)}
        else:
            return {prefix: list(node) if isinstance(node, tuple) else node}
    for name, child in children.items():
        values |= flatten(child, f"{dot}{name}")
    return values


def changed_settings(a: Recipe, b: Recipe) -> dict[str, tuple[Any, Any]]:
    """Return the settings that affect training and differ, by dotted key, with both values.

    Where a whole part is another one, only the part is named, not its arguments.
    """
    left, right = training_settings(a), training_settings(b)
    changes = {
        key: (left.get(key), right.get(key))
        for key in {**left, **right}
        if left.get(key, "absent") != right.get(key, "absent")
    }
    parts = [key.removesuffix("target") for key in changes if key.endswith(".target")]
    return {
        key.removesuffix(".target"): values
        for key, values in changes.items()
        if not any(key.startswith(part) and key != f"{part}target" for part in parts)
    }


@dataclasses.dataclass(frozen=True)
class Evidence:
    """The records of a recipe: those that count, or older ones.

    Attributes:
        records: A record per seed, the lowest seed first.
        older: The settings in which the records differ from the present recipe; empty if the records count.
        study: The study that the records come from, or empty for single runs.
    """

    records: tuple[Record, ...]
    older: tuple[str, ...] = ()
    study: str = ""


def find_evidence(name: str, overrides: Sequence[str] = (), study: str = "") -> Evidence:
    """Return the records of a recipe at the laptop budget.

    Records that count come first, then more seeds, then single runs before a study.

    Args:
        name: The recipe.
        overrides: The overrides that its command has, such as its data set.
        study: A study that has the recipe.
    """
    present = present_recipe(name, overrides)
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in read_runs():
        if record["recipe"] != name or record["budget"] != "laptop" or record.get("label", name) != name:
            continue
        older = _age(record.get("settings"), present)
        if not any(
            key.partition(".")[0] == "data" for key in older
        ):  # another data set is another experiment
            groups.setdefault(older, []).append(record)
    found = [Evidence(tuple(records), older) for older, records in groups.items()]
    if study in read_studies():
        record = read_studies()[study]
        older = _age(record.get("settings", {}).get(name), present)
        runs = [run for run in record["runs"] if run["recipe"] == name and run["status"] == "finished"]
        found += [Evidence(tuple(runs), older, study)] if runs else []
    if not found:
        return Evidence(())
    best = max(found, key=lambda e: (not e.older, len(e.records), not e.study))
    return dataclasses.replace(best, records=tuple(sorted(best.records, key=lambda record: record["seed"])))


def _age(settings: Mapping[str, Any] | None, present: Recipe) -> tuple[str, ...]:
    """Return the settings in which a run is older than the present recipe."""
    if settings is None:
        return ("settings that were not recorded",)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old names of parts
        trained = Recipe.from_dict(settings)
    return tuple(changed_settings(trained, present))


def scores_over_seeds(records: Sequence[Record]) -> dict[str, list[float]]:
    """Return the values of each score over the records, and for points the shares of good samples."""
    values: dict[str, list[float]] = {}
    for record in records:
        for score in record["scores"]:
            values.setdefault(score["name"], []).append(score["value"])
            if score["name"] == "modes":
                values.setdefault("high_quality", []).append(score["details"]["high_quality"])
    return values


def describe_scores(records: Sequence[Record], limit: int | None = None) -> str:
    """Return the first ``limit`` scores of a recipe: the median, and the lowest and highest value over its seeds."""
    order = list(SCORES)
    texts = {}
    for name, values in scores_over_seeds(records).items():
        base = name.partition("[")[0]
        texts[base] = SCORES.get(base, f"{base} {{}}").format(write_score(base, values))
    shown = sorted(texts, key=lambda base: order.index(base) if base in order else len(order))[:limit]
    seeds = "one seed" if len(records) == 1 else f"{len(records)} seeds"
    return f"{', '.join(texts[base] for base in shown)}; {seeds}" if texts else ""


def write_score(base: str, values: Sequence[float]) -> str:
    """Return the median of a score over the seeds as text, with the lowest and the highest value."""
    write = _percent if base in _PERCENT else _number
    middle, low, high = write(statistics.median(values)), write(min(values)), write(max(values))
    return middle if low == high else f"{middle} ({low} to {high})"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
