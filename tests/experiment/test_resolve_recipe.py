"""What the user types beats what a file or a recipe holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ganbench.errors import UserError
from ganbench.experiment.resolve_recipe import resolve_recipe
from ganbench.recipes.registry import find_recipe


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for budget in ("laptop", "reference"):
        (tmp_path / f"{budget}.yaml").write_text(f"extends: dcgan-cifar10\nbudget: {budget}\n")
    whole = find_recipe("gan-ring8", "laptop").to_dict()
    (tmp_path / "whole.json").write_text(json.dumps(whole))
    return tmp_path


@pytest.mark.parametrize("own", ["laptop", "reference"])
@pytest.mark.parametrize("typed", [None, "laptop", "reference"])
def test_the_typed_budget_beats_the_files(files: Path, own: str, typed: str | None) -> None:
    resolved = resolve_recipe(str(files / f"{own}.yaml"), typed, {})
    assert resolved.recipe == find_recipe("dcgan-cifar10", typed or own)  # type: ignore[arg-type]
    assert resolved.budget == resolved.recipe.budget == (typed or own)


@pytest.mark.parametrize("own", ["laptop", "reference"])
def test_a_time_means_the_laptop_size_whatever_the_file_says(files: Path, own: str) -> None:
    resolved = resolve_recipe(str(files / f"{own}.yaml"), "20m", {"schedule.warmup": 9})
    assert resolved.recipe == find_recipe("dcgan-cifar10", "laptop").override({"schedule.warmup": 9})
    assert (resolved.budget, resolved.minutes) == ("20m", 20.0)
    assert resolved.changed == {"schedule.warmup"}


def test_a_whole_recipe_is_planned_but_not_resized(files: Path) -> None:
    whole, recipe = str(files / "whole.json"), find_recipe("gan-ring8", "laptop")
    for source in (whole, recipe):
        assert (
            resolve_recipe(source, "20m", {}).recipe == resolve_recipe(source, "laptop", {}).recipe == recipe
        )
        assert resolve_recipe(source, None, {}).budget == "laptop"
        with pytest.raises(
            UserError, match="whole recipe of the budget 'laptop', and cannot be resized to 'ref"
        ):
            resolve_recipe(source, "reference", {})


def test_settings_of_a_file_are_kept_when_a_time_is_planned(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: gan-ring8\nschedule: {checkpoint_every: 50}\n")
    resolved = resolve_recipe(str(tmp_path / "mine.yaml"), "20m", {"schedule.warmup": 3})
    assert resolved.changed == {"schedule.checkpoint_every", "schedule.warmup"}
