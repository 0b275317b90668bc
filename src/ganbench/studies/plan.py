"""The plan of a study: recipes, seeds and scoring settings, stored once so that all runs are comparable."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ganbench.config.renamed import with_current_names
from ganbench.errors import UserError
from ganbench.recipes.base import Budget, Recipe
from ganbench.recipes.registry import find_recipe, import_file, require_budget
from ganbench.runs.run import Run
from ganbench.utils.dict_diff import find_differences, format_differences
from ganbench.utils.files import read_json, write_sealed_json

_FORMAT = 1
#: Recipe keys that do not affect the result.
_DESCRIPTIVE_KEYS = ("format", "summary", "papers")
#: Recipe keys that the study sets itself.
_STUDY_KEYS = ("machine.threads",)
_MAX_LABEL_BYTES = 200  # a label is the start of file names


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The settings of a study.

    Attributes:
        recipes: each resolved recipe as JSON, by its label in tables.
        seeds: the number of seeds.
        first_seed: the first one; the others follow.
        equal: what is equal in all runs and so sets their steps, as of studies/equalize; empty for nothing.
        budget: the budget of recipes that are given by name.
        overrides: changes to every recipe.
        metrics: metric names; empty means the data set's default metrics. The first one ranks the recipes.
        n: the number of samples to score; None means the metric's default.
        modules: the user's own files, whose parts the recipes use.
        panel_steps: the steps whose samples the panels show; empty means equal shares of each recipe's training.
    """

    recipes: Mapping[str, Mapping[str, Any]]
    seeds: int
    budget: Budget = "reference"
    overrides: Mapping[str, Any]
    metrics: tuple[str, ...] = ()
    n: int | None = None
    modules: tuple[str, ...] = ()
    panel_steps: tuple[int, ...] = ()
    first_seed: int = 0
    equal: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seed_numbers(self) -> range:
        """The seeds."""
        return range(self.first_seed, self.first_seed + self.seeds)

    def runs(self) -> Iterator[tuple[str, int]]:
        """Yield the label and seed of every run: the first seed of all recipes, then the second seed, and so on."""
        for seed in self.seed_numbers:
            for label in self.recipes:
                yield label, seed

    def steps(self, label: str) -> int:
        """Return the number of training steps of a recipe."""
        return int(self.recipes[label]["schedule"]["steps"])

    def build_recipes(self) -> dict[str, Recipe]:
        """Return the recipe objects by label; imports the user's modules."""
        trusted = {import_file(Path(path)).__name__ for path in self.modules}
        return {label: Recipe.from_dict(recipe, trusted) for label, recipe in self.recipes.items()}

    def extend(self, other: Plan, folder: Path) -> Plan:
        """Return this plan, stored in ``folder``, with the recipes and seeds of another plan added.

        Raises:
            UserError: the plans differ in other settings, or in a recipe with the same label.
        """
        differences = find_differences(self._settings(), other._settings())
        if differences:
            text = format_differences(differences, "was", "now")
            raise UserError(f"{folder} holds a different study: {text}; choose another --out")
        for label in self.recipes.keys() & other.recipes.keys():
            differences = recipe_differences(self.recipes[label], other.recipes[label])
            if differences:
                text = format_differences(differences, "was", "now")
                raise UserError(f"{folder} holds a different recipe '{label}': {text}; choose another --out")
        return replace(
            self,
            recipes={**self.recipes, **{k: v for k, v in other.recipes.items() if k not in self.recipes}},
            seeds=max(self.seeds, other.seeds),
            modules=tuple(dict.fromkeys((*self.modules, *other.modules))),
            panel_steps=other.panel_steps or self.panel_steps,
            equal=other.equal or self.equal,
        )

    def _settings(self) -> dict[str, Any]:
        """Return the settings that all runs of a study share."""
        return {
            "budget": self.budget,
            "overrides": dict(self.overrides),
            "metrics": list(self.metrics),
            "n": self.n,
            **({"equalize": self.equal["by"]} if self.equal else {}),
        }

    def write(self, folder: Path) -> None:
        """Write ``study.json``, and ``recipes/LABEL.json`` for the worker processes."""
        (folder / "recipes").mkdir(parents=True, exist_ok=True)
        for label, recipe in self.recipes.items():
            write_sealed_json(folder / "recipes" / f"{label}.json", recipe)
        contents = {
            "recipes": list(self.recipes),
            "seeds": self.seeds,
            "modules": list(self.modules),
            "panel_steps": list(self.panel_steps),
            **({"first_seed": self.first_seed} if self.first_seed else {}),
            **({"equal": dict(self.equal)} if self.equal else {}),
        }
        write_sealed_json(folder / "study.json", {"format": _FORMAT, **contents, **self._settings()})

    @classmethod
    def read(cls, folder: Path) -> Plan:
        """Read what :meth:`write` wrote.

        Raises:
            UserError: the folder is not a study, or a file in it is damaged.
        """
        if not (folder / "study.json").is_file():
            problem = "is not a study: it has no study.json" if folder.is_dir() else "does not exist"
            raise UserError(f"{folder} {problem}; create a study with `ganbench study RECIPE... --out DIR`")
        data = read_json(folder / "study.json")
        if data.get("format") != _FORMAT:
            raise UserError(f"{folder} has format {data.get('format')!r}; this version reads {_FORMAT}")
        try:
            return cls(
                recipes={
                    label: read_json(folder / "recipes" / f"{_require_folder_name(label)}.json")
                    for label in data["recipes"]
                },
                seeds=int(data["seeds"]),
                budget=data["budget"],
                overrides=dict(data["overrides"]),
                metrics=tuple(data["metrics"]),
                n=data["n"],
                modules=tuple(data["modules"]),
                panel_steps=tuple(data.get("panel_steps", ())),  # studies from before have none
                first_seed=int(data.get("first_seed", 0)),
                equal=dict(data.get("equal", {})),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{folder / 'study.json'} is incomplete or damaged: {error}") from error


def make_plan(
    recipes: Sequence[str | Recipe],
    *,
    seeds: int,
    budget: Budget | None = None,
    overrides: Mapping[str, Any] | None = None,
    metrics: Sequence[str] = (),
    n: int | None = None,
    modules: Sequence[str | Path] = (),
    panel_steps: Sequence[int] = (),
) -> Plan:
    """Resolve recipes, given by name, by file or as objects, into a plan. See :class:`Plan` for the arguments.

    Raises:
        UserError: a recipe or an override is invalid, two recipes have the same label, or ``seeds`` or ``n`` is
            below 1.
    """
    if seeds < 1:
        raise UserError(f"a study needs at least 1 seed, not {seeds}")
    if n is not None and n < 1:
        raise UserError(f"the number of samples to score must be at least 1, not {n}")
    files = [Path(path) for path in modules]
    files += [Path(r.rpartition(":")[0]) for r in recipes if isinstance(r, str) and ".py:" in r]
    trusted = {import_file(path).__name__ for path in files}
    resolved: dict[str, dict[str, Any]] = {}
    for source in recipes:
        recipe = source if isinstance(source, Recipe) else find_recipe(source, budget, trusted)
        if budget is not None:
            require_budget(recipe, budget, f"'{recipe.name}'")
        label = _label(source, recipe)
        if label in resolved:
            raise UserError(f"two recipes have the label '{label}'; rename one of them")
        recipe = recipe.override(overrides or {}, trusted)
        resolved[label] = json.loads(json.dumps(recipe.to_dict()))  # as Plan.read returns it
    budgets = {recipe["budget"] for recipe in resolved.values()}
    return Plan(
        recipes=resolved,
        seeds=seeds,
        budget=budgets.pop() if len(budgets) == 1 else "reference",
        overrides=dict(overrides or {}),
        metrics=tuple(metrics),
        n=n,
        modules=tuple(dict.fromkeys(str(path.resolve()) for path in files)),
        panel_steps=tuple(panel_steps),
    )


def require_matching_run(run: Run, recipe: Mapping[str, Any], seed: int) -> None:
    """Raise UserError if a run folder holds a run of another recipe or seed."""
    differences = recipe_differences(read_json(run.path / "recipe.json"), recipe)
    if run.meta["seed"] != seed:
        differences["seed"] = (run.meta["seed"], seed)
    if differences:
        text = format_differences(differences, "is", "in the study")
        raise UserError(f"{run.path} does not belong to this study: {text}; move it away")


def recipe_differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the dotted keys in which two resolved recipes differ, except those that do not affect the result."""
    ignored = (*_DESCRIPTIVE_KEYS, *_STUDY_KEYS)
    differences = find_differences(with_current_names(a), with_current_names(b))
    return {k: v for k, v in differences.items() if k.split(".")[0] not in ignored and k not in ignored}


def _label(source: str | Recipe, recipe: Recipe) -> str:
    """Return the file's stem for a recipe from a file, since it may extend a recipe by name; else the recipe's name."""
    path = Path(source) if isinstance(source, str) else Path()
    return _require_folder_name(path.stem if path.suffix in (".yaml", ".yml", ".json") else recipe.name)


def _require_folder_name(label: str) -> str:
    """Return the label. Raises UserError if a path made from it could leave its folder."""
    if not all(c.isalnum() or c in "-_." for c in label) or not label[:1].isalnum():
        raise UserError(f"'{label}' cannot name a folder; use letters, digits and dashes")
    if len(label.encode()) > _MAX_LABEL_BYTES:
        raise UserError(
            f"'{label}' is too long for the files of a study; use at most {_MAX_LABEL_BYTES} bytes"
        )
    return label
