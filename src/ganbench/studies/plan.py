"""What a study is: recipes, seeds and how to score, written down once so that nothing else is ever mixed in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ganbench.errors import UserError
from ganbench.recipes.base import Budget, Recipe
from ganbench.recipes.registry import find_recipe, import_file
from ganbench.runs.run import Run
from ganbench.utils.dict_diff import differing, in_words
from ganbench.utils.files import read_json, write_json

_FORMAT = 1
#: Keys of a recipe that do not touch the result, or that the study itself sets.
_NO_PART_OF_THE_RESULT = ("format", "summary", "papers")
_SET_BY_THE_STUDY = ("machine.threads",)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The settings of a study.

    Attributes:
        recipes: each resolved recipe, as JSON holds it, by its label in tables.
        seeds: how many; they are 0, 1, ...
        budget: of the recipes that were given by name.
        overrides: what was changed in every recipe.
        metrics: names; empty means what suits the data. The first one ranks.
        n: how many samples are scored; None means the metric's own number.
        modules: the user's own files, whose parts the recipes use.
    """

    recipes: Mapping[str, Mapping[str, Any]]
    seeds: int
    budget: Budget = "reference"
    overrides: Mapping[str, Any]
    metrics: tuple[str, ...] = ()
    n: int | None = None
    modules: tuple[str, ...] = ()

    def jobs(self) -> Iterator[tuple[str, int]]:
        """Yield each label and seed; all recipes have their first seed before one has its second."""
        for seed in range(self.seeds):
            for label in self.recipes:
                yield label, seed

    def steps(self, label: str) -> int:
        """Return how many steps a recipe is trained."""
        return int(self.recipes[label]["schedule"]["steps"])

    def made(self) -> dict[str, Recipe]:
        """Return the recipes themselves by label; imports the user's modules."""
        trusted = {import_file(Path(path)).__name__ for path in self.modules}
        return {label: Recipe.from_dict(recipe, trusted) for label, recipe in self.recipes.items()}

    def with_added(self, new: Plan, where: Path) -> Plan:
        """Return this plan with the recipes and seeds of another added.

        Raises:
            UserError: the other differs in more, or means another recipe by the same label.
        """
        found = differing(self._settings(), new._settings())
        if found:
            raise UserError(f"{where} is another study: {in_words(found, 'was', 'now')}; give another --out")
        for label in self.recipes.keys() & new.recipes.keys():
            found = recipe_differences(self.recipes[label], new.recipes[label])
            if found:
                said = in_words(found, "was", "now")
                raise UserError(f"{where} has another recipe '{label}': {said}; give another --out")
        return replace(
            self,
            recipes={**self.recipes, **{k: v for k, v in new.recipes.items() if k not in self.recipes}},
            seeds=max(self.seeds, new.seeds),
            modules=tuple(dict.fromkeys((*self.modules, *new.modules))),
        )

    def _settings(self) -> dict[str, Any]:
        """Return what every part of one study shares."""
        return {
            "budget": self.budget,
            "overrides": dict(self.overrides),
            "metrics": list(self.metrics),
            "n": self.n,
        }

    def write(self, folder: Path) -> None:
        """Write ``study.json``, and ``recipes/LABEL.json`` for the runs' processes to train."""
        (folder / "recipes").mkdir(parents=True, exist_ok=True)
        for label, recipe in self.recipes.items():
            write_json(folder / "recipes" / f"{label}.json", recipe)
        named = {"recipes": list(self.recipes), "seeds": self.seeds, "modules": list(self.modules)}
        write_json(folder / "study.json", {"format": _FORMAT, **named, **self._settings()})

    @classmethod
    def read(cls, folder: Path) -> Plan:
        """Read what :meth:`write` wrote.

        Raises:
            UserError: the folder is not a study, or a file in it is damaged.
        """
        if not (folder / "study.json").is_file():
            what = "is not a study: it holds no study.json" if folder.is_dir() else "does not exist"
            raise UserError(f"{folder} {what}; `ganbench study RECIPE... --out DIR` makes a study")
        data = read_json(folder / "study.json")
        if data.get("format") != _FORMAT:
            raise UserError(f"{folder} has format {data.get('format')!r}; this version reads {_FORMAT}")
        try:
            return cls(
                recipes={
                    label: read_json(folder / "recipes" / f"{_folder_name(label)}.json")
                    for label in data["recipes"]
                },
                seeds=int(data["seeds"]),
                budget=data["budget"],
                overrides=dict(data["overrides"]),
                metrics=tuple(data["metrics"]),
                n=data["n"],
                modules=tuple(data["modules"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{folder / 'study.json'} is incomplete or damaged: {error}") from error


def make_plan(
    recipes: Sequence[str | Recipe],
    *,
    seeds: int,
    budget: Budget = "reference",
    overrides: Mapping[str, Any] | None = None,
    metrics: Sequence[str] = (),
    n: int | None = None,
    modules: Sequence[str | Path] = (),
) -> Plan:
    """Resolve recipes, given by name, file or as they are, into a plan.

    Raises:
        UserError: a recipe or an override is wrong, two recipes have one label, or there are no seeds.
    """
    if seeds < 1:
        raise UserError(f"a study needs at least 1 seed, not {seeds}")
    if n is not None and n < 1:
        raise UserError(f"the number of samples to score must be at least 1, not {n}")
    own = [Path(path) for path in modules]
    own += [Path(r.rpartition(":")[0]) for r in recipes if isinstance(r, str) and ".py:" in r]
    trusted = {import_file(path).__name__ for path in own}
    resolved: dict[str, dict[str, Any]] = {}
    for source in recipes:
        recipe = source if isinstance(source, Recipe) else find_recipe(source, budget, trusted)
        label = _label(source, recipe)
        if label in resolved:
            raise UserError(f"two recipes are called '{label}' in the table; give one of them another name")
        changed = recipe.override(overrides or {}, trusted)
        resolved[label] = json.loads(json.dumps(changed.to_dict()))  # as it will be read again
    return Plan(
        recipes=resolved,
        seeds=seeds,
        budget=budget,
        overrides=dict(overrides or {}),
        metrics=tuple(metrics),
        n=n,
        modules=tuple(dict.fromkeys(str(path.resolve()) for path in own)),
    )


def refuse_other_run(run: Run, recipe: Mapping[str, Any], seed: int) -> None:
    """Raise UserError if a run folder holds a run of another recipe, or of another seed."""
    found = recipe_differences(read_json(run.path / "recipe.json"), recipe)
    if run.meta["seed"] != seed:
        found["seed"] = (run.meta["seed"], seed)
    if found:
        said = in_words(found, "there", "in the study")
        raise UserError(f"{run.path} is another run than the study's: {said}; move it away")


def recipe_differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the dotted keys in which two resolved recipes differ and that matter to the result."""
    left_out = (*_NO_PART_OF_THE_RESULT, *_SET_BY_THE_STUDY)
    return {k: v for k, v in differing(a, b).items() if k.split(".")[0] not in left_out and k not in left_out}


def _label(source: str | Recipe, recipe: Recipe) -> str:
    """Return a file's stem for a recipe from a file, which may only extend another, else the recipe's name."""
    path = Path(source) if isinstance(source, str) else Path()
    return _folder_name(path.stem if path.suffix in (".yaml", ".yml", ".json") else recipe.name)


def _folder_name(label: str) -> str:
    """Return the label. Raises UserError if a folder or file of that name could lie elsewhere."""
    if not all(c.isalnum() or c in "-_." for c in label) or not label[:1].isalnum():
        raise UserError(f"'{label}' cannot name a folder; use letters, digits and dashes")
    return label
