from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.recipes.changeable import change_settings, setting
from ganbench.runs.changes import (
    Change,
    changed_settings,
    describe_change,
    describe_identity,
    read_changes,
    readable_changes,
    recipe_at,
    with_changes,
)

RECIPE = tiny_recipe("gan-ring8")
KEYS = ("optimizers.G.lr", "optimizers.D.lr", "schedule.log_every")


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(KEYS), st.integers(1, 5)), max_size=8))
def test_the_recipe_at_each_step_is_the_one_that_trained_it(asked: list[tuple[int, str, int]]) -> None:
    recipe, trained = RECIPE, {}
    meta: dict[str, Any] = {}
    for step in range(10):
        for key, value in [(key, value) for at, key, value in asked if at == step]:
            recipe, differences = change_settings(recipe, {key: value})
            meta = with_changes(meta, step, differences)
        trained[step] = recipe
    history = read_changes(meta)
    for step, expected in trained.items():
        values = [setting(recipe_at(recipe, history, step), key) for key in KEYS]
        assert values == [setting(expected, key) for key in KEYS]
    # recipe.json follows from the history, even if it was not written any more
    assert recipe_at(RECIPE, history) == recipe_at(recipe, history) == recipe


def test_a_change_replaces_later_ones_of_the_same_setting() -> None:
    meta: dict[str, Any] = with_changes({"seed": 3}, 5, {"a": (1, 2), "b": (1, 3)})
    meta = with_changes(meta, 4, {"a": (1, 9)})
    assert read_changes(meta) == [Change(4, "a", 1, 9), Change(5, "b", 1, 3)]
    assert changed_settings(read_changes(meta), 5) == {"b": 3}
    assert meta["seed"] == 3


def test_the_history_of_an_earlier_version_is_read_and_continued() -> None:
    meta = {"extended": [{"step": 40, "from_steps": 40, "to_steps": 80}]}
    assert read_changes(meta) == [Change(40, "schedule.steps", 40, 80)]
    assert with_changes(meta, 50, {"a": (1, 2)}) == {
        "changes": [
            {"step": 40, "key": "schedule.steps", "old": 40, "new": 80},
            {"step": 50, "key": "a", "old": 1, "new": 2},
        ]
    }


@pytest.mark.parametrize(
    "history",
    [3, [3], [{}], [{"step": -1, "key": "a", "old": 1, "new": 2}], [{"step": True, "key": "a", "old": 1, "new": 2}],
     [{"step": 1, "key": 2, "old": 1, "new": 2}], [{"step": 1, "key": "a", "old": 1, "new": 2, "more": 3}]],
)  # fmt: skip
def test_a_damaged_history_is_an_error_for_training_and_empty_for_display(history: Any) -> None:
    with pytest.raises(UserError, match="its history of changes cannot be read"):
        read_changes({"changes": history})
    assert readable_changes({"changes": history}) == []


def test_words() -> None:
    history = [Change(1200, "optimizers.G.lr", 1e-3, 1e-4), Change(7, "schedule.gradient_clip", None, 1.0)]
    assert describe_change(history[0]) == "optimizers.G.lr from 0.001 to 0.0001 at step 1,200"
    assert describe_change(history[1]) == "schedule.gradient_clip from none to 1 at step 7"
    assert describe_identity(history[:1]) == "changed at step 1,200"
    assert describe_identity([*history, Change(7, "x", 1, 2)]) == "changed at steps 1,200, 7"
    assert describe_identity([Change(3, "schedule.log_every", 1, 2)]) == ""
    assert describe_identity([]) == ""
