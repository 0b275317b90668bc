"""Recipes and run folders of version 0.1.0 keep working under the names of today."""

from __future__ import annotations

import gzip
import json
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ganbench.config.renamed import ARGUMENTS, TARGETS
from ganbench.config.spec import Spec
from ganbench.evaluation.evaluate import evaluate
from ganbench.experiment.train import resume
from ganbench.inference.load import load
from ganbench.recipes.base import Recipe
from ganbench.recipes.registry import find_recipe
from ganbench.report.page import write_report
from ganbench.runs.run import Run

HERE = Path(__file__).parent
RESULTS = HERE.parents[1] / "results"
RUNS = sorted(path.name for path in (HERE / "runs").iterdir())


def read_recipes(name: str) -> list[dict[str, Any]]:
    return list(map(json.loads, gzip.decompress((HERE / name).read_bytes()).decode().splitlines()))


RECIPES = read_recipes("recipes-0.1.0.jsonl.gz")
#: The same recipes with the same settings, under the names that followed 0.1.0.
RENAMED = read_recipes("recipes-0.1.0-renamed.jsonl.gz")


def recipes_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every recipe in a JSON document, at any depth."""
    if isinstance(value, dict):
        if {"format", "networks", "algorithm", "schedule"} <= value.keys():
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from recipes_in(item)


RECORDS = {
    str(path.relative_to(RESULTS)): records
    for path in sorted(RESULTS.rglob("*.json"))
    if (records := list(recipes_in(json.loads(path.read_text()))))
}


def quietly(recipe: dict[str, Any]) -> Recipe:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Recipe.from_dict(recipe)


def test_there_are_records_to_load() -> None:
    assert len(RECIPES) == 165
    assert len(RECORDS) > 100


@pytest.mark.parametrize("name", RECORDS)
def test_every_recipe_in_the_results_loads(name: str) -> None:
    for record in RECORDS[name]:
        assert quietly(record).name == record["name"]


@pytest.mark.parametrize(
    ("old", "renamed"),
    list(zip(RECIPES, RENAMED, strict=True)),
    ids=[f"{recipe['name']}-{recipe['budget']}" for recipe in RECIPES],
)
def test_a_recipe_of_then_keeps_its_settings(old: dict[str, Any], renamed: dict[str, Any]) -> None:
    assert quietly(old).to_dict() == quietly(renamed).to_dict()
    assert find_recipe(old["name"], old["budget"]).name == old["name"]


@pytest.mark.parametrize(("old", "new"), TARGETS.items())
def test_an_old_target_is_found_with_a_warning(old: str, new: str) -> None:
    with pytest.warns(UserWarning, match=f"'{old}' is called '{new}' now"):
        assert Spec.from_dict({"target": old}) == Spec.from_dict({"target": new})


@pytest.mark.parametrize(("target", "argument"), ARGUMENTS)
def test_an_old_argument_is_read_with_a_warning(target: str, argument: str) -> None:
    new, convert = ARGUMENTS[target, argument]
    with pytest.warns(UserWarning, match=f"argument '{argument}' of {target} is called '{new}' now"):
        spec = Spec.from_dict({"target": target, argument: True})
    assert spec.kwargs[new] == convert(True)


@pytest.fixture(params=RUNS)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    folder = tmp_path / request.param
    shutil.copytree(HERE / "runs" / request.param, folder)
    return Run(folder)


@pytest.mark.filterwarnings("ignore:.* is called .* now")
def test_a_run_of_then_is_loaded_resumed_and_reported(run: Run) -> None:
    model = load(run)
    assert model.step == 7
    assert model.sample(3).shape[0] == 3
    assert resume(run).checkpoint_steps()[0] == 12
    assert [event["step"] for event in run.events.read("scalars")] == [3, 6, 9, 12]
    assert write_report(run).stat().st_size > 10_000


@pytest.mark.filterwarnings("ignore:.* is called .* now")
def test_a_score_of_then_compares_with_one_of_today(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(HERE / "runs" / "gan-r1-ring8", folder)
    (path,) = (folder / "eval").glob("*.json")
    old = json.loads(path.read_text())
    (today,) = evaluate(folder, n=300)
    assert today.details["counts"] == old["details"]["counts"]
    how = {k: v for k, v in old["measured"].items() if k not in ("machine", "versions", "generator")}
    assert json.loads(json.dumps({k: today.measured[k] for k in how})) == how
