"""Plans: labels of recipes, and reading what was written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.edit import edit_json

from ganbench.errors import UserError
from ganbench.recipes.base import Recipe
from ganbench.recipes.registry import find_recipe
from ganbench.studies.plan import Plan, make_plan, recipe_differences

OWN = """
import dataclasses
from ganbench.recipes.base import recipe
from ganbench.recipes.gan import gan_ring8

class Twice:
    generator_needs_real = False

    def discriminator(self, real, fake):
        return 2 * (fake - real)

    def generator(self, real, fake):
        return -2 * fake

@recipe
def own_ring8(budget="reference"):
    changes = {"algorithm.loss": {"target": f"{__name__}:Twice"}}
    return dataclasses.replace(gan_ring8(budget), name="own-ring8").override(changes, {__name__})
"""


def test_write_and_read(tmp_path: Path) -> None:
    plan = make_plan(
        ["gan-ring8", "gan-r1-ring8"],
        seeds=3,
        budget="laptop",
        overrides={"schedule.steps": 7},
        metrics=["modes"],
        n=300,
        panel_steps=[2, 7],
    )
    plan.write(tmp_path)
    assert Plan.read(tmp_path) == plan
    assert [plan.steps(label) for label in plan.recipes] == [7, 7]
    assert list(plan.runs())[:3] == [("gan-ring8", 0), ("gan-r1-ring8", 0), ("gan-ring8", 1)]
    assert plan.build_recipes()["gan-ring8"] == find_recipe("gan-ring8", "laptop").override(
        {"schedule.steps": 7}
    )


def test_a_study_from_before_has_no_chosen_panel_steps(tmp_path: Path) -> None:
    make_plan(["gan-ring8"], seeds=1, panel_steps=[200]).write(tmp_path)
    edit_json(tmp_path / "study.json", lambda stored: stored.pop("panel_steps"))
    assert Plan.read(tmp_path).panel_steps == ()


def test_panel_steps_may_change_later(tmp_path: Path) -> None:
    plan = make_plan(["gan-ring8"], seeds=1, panel_steps=[200])
    assert plan.extend(replace(plan, panel_steps=(400,)), tmp_path).panel_steps == (400,)
    assert plan.extend(replace(plan, panel_steps=()), tmp_path).panel_steps == (200,)


def test_the_budget_that_is_asked_for_beats_a_files(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: gan-ring8\nbudget: laptop\n")
    for budget, found in ((None, "laptop"), ("reference", "reference")):
        plan = make_plan([str(path)], seeds=1, budget=budget)  # type: ignore[arg-type]
        assert plan.budget == plan.recipes["mine"]["budget"] == found
    assert make_plan([str(path), "gan-ring8"], seeds=1).budget == "reference"
    with pytest.raises(UserError, match="'gan-ring8' is a whole recipe of the budget 'reference'"):
        make_plan([find_recipe("gan-ring8")], seeds=1, budget="laptop")


def test_a_label_too_long_for_its_files_is_refused(tmp_path: Path) -> None:
    for stem in ("a" * 201, "写" * 67):
        (tmp_path / f"{stem}.yaml").write_text("extends: gan-ring8\n")
        with pytest.raises(UserError, match="is too long for the files of a study; use at most 200 bytes"):
            make_plan([str(tmp_path / f"{stem}.yaml")], seeds=1)


def test_labels_of_recipes(tmp_path: Path) -> None:
    (tmp_path / "slow.yaml").write_text("extends: gan-ring8\noptimizers: {G: {lr: 1e-5}}\n")
    own = tmp_path / "mine_for_a_plan.py"
    own.write_text(OWN)
    sources: list[str | Recipe] = [
        "gan-ring8",
        str(tmp_path / "slow.yaml"),
        f"{own}:own_ring8",
        find_recipe("gan-grid25"),
    ]
    plan = make_plan(sources, seeds=1)
    assert list(plan.recipes) == ["gan-ring8", "slow", "own-ring8", "gan-grid25"]
    assert recipe_differences(plan.recipes["gan-ring8"], plan.recipes["slow"]).keys() == {"optimizers.G.lr"}
    assert plan.modules == (str(own),)  # so that worker processes can import it
    assert plan.build_recipes()["own-ring8"].algorithm.kwargs["loss"].target.__name__ == "Twice"


def test_differences_ignore_keys_that_do_not_affect_the_result() -> None:
    recipe = make_plan(["gan-ring8"], seeds=1).recipes["gan-ring8"]
    same = {**recipe, "summary": "other words", "papers": [], "machine": {**recipe["machine"], "threads": 2}}
    assert recipe_differences(recipe, same) == {}
    assert recipe_differences(recipe, {**same, "machine": {**recipe["machine"], "precision": "bf16"}}) == {
        "machine.precision": ("fp32", "bf16")
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": 1}', "is incomplete or damaged: 'recipes'"),
        ('{"format": 9}', "has format 9; this version reads 1"),
        ("{", "cannot be read"),
        ("[]", "does not hold a JSON object"),
    ],
    ids=["incomplete", "newer", "cut", "list"],
)
def test_damaged(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "study.json").write_text(text)
    with pytest.raises(UserError, match=message):
        Plan.read(tmp_path)


def test_no_study(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a study: it has no study"):
        Plan.read(tmp_path)


def test_a_file_name_that_cannot_name_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a b.yaml").write_text("extends: gan-ring8\n")
    with pytest.raises(UserError, match="'a b' cannot name a folder"):
        make_plan([str(tmp_path / "a b.yaml")], seeds=1)
