from __future__ import annotations

import pytest
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.recipes.base import Recipe
from ganbench.recipes.changeable import alters_training, change_settings, changeable_settings, setting
from ganbench.recipes.registry import find_recipe, recipe_functions


@pytest.mark.parametrize("name", sorted(recipe_functions()))
def test_every_changeable_setting_of_every_recipe_takes_a_new_value(name: str) -> None:
    function = recipe_functions()[name]
    recipe = find_recipe(name, getattr(function, "budgets", ("laptop",))[0])
    settings = changeable_settings(recipe)
    assert any(key.endswith(".lr") for key in settings)
    assert not [key for key in settings if key.startswith(("networks", "data", "latent", "machine"))]
    changed, differences = change_settings(recipe, settings)
    assert (changed, differences) == (recipe.override(settings), {})
    key = next(key for key in settings if key.endswith(".lr"))
    assert change_settings(recipe, {key: 0.125})[1] == {key: (settings[key], 0.125)}


def test_numbers_that_count_or_shape_something_cannot_change() -> None:
    recipe = (
        tiny_recipe("wgan-gp-ring8") if "wgan-gp-ring8" in recipe_functions() else tiny_recipe("gan-ring8")
    )
    for key in (
        "algorithm.critic_steps",
        "schedule.batch",
        "schedule.samples",
        "networks.G.width",
        "machine.threads",
    ):
        with pytest.raises(
            UserError, match=f"'{key}' cannot change in the midst of a run.*a run may change opt"
        ):
            change_settings(recipe, {key: 3})


def test_what_turns_something_off() -> None:
    recipe = tiny_recipe("gan-ring8", {"schedule.gradient_clip": 1.0})
    changed, differences = change_settings(recipe, {"schedule.gradient_clip": None})
    assert (changed.schedule.gradient_clip, differences) == (None, {"schedule.gradient_clip": (1.0, None)})
    with pytest.raises(UserError, match="finite number, not None"):
        change_settings(recipe, {"optimizers.G.lr": None})


def test_an_average_can_neither_begin_nor_end() -> None:
    with_average = tiny_recipe("gan-ring8", {"schedule.ema_half_life": 100.0})
    without: Recipe = with_average.override({"schedule.ema_half_life": None})
    assert (
        setting(change_settings(with_average, {"schedule.ema_half_life": 50})[0], "schedule.ema_half_life")
        == 50
    )
    with pytest.raises(UserError, match="finite number, not None"):
        change_settings(with_average, {"schedule.ema_half_life": None})
    with pytest.raises(UserError, match="cannot change in the midst"):
        change_settings(without, {"schedule.ema_half_life": 50.0})


@pytest.mark.parametrize("value", [float("inf"), 10**400, "1", [1.0], {}, False])
def test_only_finite_numbers(value: object) -> None:
    with pytest.raises(UserError, match=r"optimizers\.G\.lr must be a finite number, not "):
        change_settings(tiny_recipe("gan-ring8"), {"optimizers.G.lr": value})


def test_when_something_is_recorded_does_not_make_another_run() -> None:
    assert not alters_training(["schedule.log_every", "schedule.evaluate_every"])
    assert alters_training(["schedule.log_every", "schedule.steps"])
