"""The schema accepts every recipe and what extends one, and refuses misspelt keys and wrong types."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from ganbench.config.dotted_keys import paths
from ganbench.recipes.json_schema import recipe_schema
from ganbench.recipes.registry import find_recipe, recipe_functions
from ganbench.training.settings import Schedule


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json.loads(json.dumps(recipe_schema()))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def validator(schema: dict[str, Any]) -> Any:
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", recipe_functions())
def test_every_recipe_fits(name: str, validator: Any) -> None:
    recipe = json.loads(json.dumps(find_recipe(name, "laptop").to_dict()))
    validator.validate(recipe)
    recipe["optimizers"]["G" if "G" in recipe["optimizers"] else "f"]["learning_rate"] = (
        1e-3  # it is called lr
    )
    assert not validator.is_valid(recipe)


@pytest.mark.parametrize(
    "file",
    [
        {"extends": "gan-ring8"},
        {"extends": "gan-ring8", "data": "grid25", "algorithm.loss": "Hinge", "schedule": {"steps": 5}},
        {"extends": "gan-ring8", "networks": {"G": {"width": 64}}},
        {"extends": "./mine.yaml", "algorithm": {"loss": {"target": "my_parts:MyLoss", "margin": 2}}},
        {"extends": "dcgan-shapes", "algorithm": {"augmentation": None, "regularizers": ["LeCam"]}},
        {"extends": "gan-ring8", "schedule": {"learning_rate": {"target": "Linear", "end": 0.2}}},
    ],
)
def test_files_that_extend_a_recipe_fit(file: dict[str, Any], validator: Any) -> None:
    validator.validate(file)


@pytest.mark.parametrize(
    "file",
    [
        {},
        {"extends": 3},
        {"extends": "gan-ring8", "timetable": {"steps": 5}},
        {"extends": "gan-ring8", "schedule": {"step": 5}},
        {"extends": "gan-ring8", "schedule": {"steps": "many"}},
        {
            "extends": "gan-ring8",
            "algorithm": {"target": "ganbench.algorithms:Adversarial", "critic_step": 2},
        },
        {
            "extends": "gan-ring8",
            "networks": {"G": {"target": "ganbench.networks:MLPGenerator", "width": "wide"}},
        },
        {"extends": "gan-ring8", "machine": {"precision": "fp8"}},
    ],
)
def test_mistakes_do_not_fit(file: dict[str, Any], validator: Any) -> None:
    assert not validator.is_valid(file)


def test_settings_carry_their_documentation(schema: dict[str, Any]) -> None:
    schedule = schema["properties"]["schedule"]["properties"]
    recipe = find_recipe("gan-ring8", "laptop")
    keys = {key.split(".")[1] for key in paths(recipe.schedule, "schedule")}
    assert schedule.keys() == keys
    assert schedule["steps"]["description"] == "The length of the run."
    assert schedule["log_every"]["default"] == Schedule(steps=1, batch=1).log_every
    losses = schema["$defs"]["ganbench.losses"]["anyOf"][0]["examples"]
    assert "Hinge" in losses
    assert "Loss" not in losses
