from __future__ import annotations

from typing import Any

import pytest

from ganbench.data.plane import plane
from ganbench.data.toy import grid25, ring8
from ganbench.errors import UserError
from ganbench.playground.catalogue import Catalogue, describe_recipe
from ganbench.playground.messages import Start

POINTS = [(0.05 * i, -0.05 * i) for i in range(20)]


def start(recipe: str, **settings: Any) -> Start:
    return Start(type="start", recipe=recipe, **settings)


def test_recipes_and_data_of_the_plane_are_listed(catalogue: Catalogue) -> None:
    assert {"gan-ring8", "wgan-gp-grid25", "r3gan-ring8", "veegan-ring8"} <= set(catalogue.recipes)
    assert not {"gan1d-minimax", "gan-mnist"} & set(catalogue.recipes)
    assert {"ring8", "grid25"} <= set(catalogue.datasets)
    assert not {"mixture1d", "shapes", "plane"} & set(catalogue.datasets)
    assert {recipe.budget for recipe in catalogue.recipes.values()} == {"laptop"}


def test_the_page_gets_the_settings_of_each_recipe(catalogue: Catalogue) -> None:
    described = describe_recipe(catalogue.recipes["veegan-ring8"])
    assert described["rates"] == {"G": 0.001, "D": 0.001, "R": 0.001}
    assert (described["data"], described["critic_steps"], described["batch"]) == ("ring8", 3, 256)
    assert described["papers"][0].endswith(", 2017")
    assert describe_recipe(catalogue.recipes["gan-ring8-narrow"])["critic_steps"] == 1  # its default


def test_settings_become_a_recipe(catalogue: Catalogue) -> None:
    assert catalogue.build_recipe(start("gan-ring8")) == catalogue.recipes["gan-ring8"]
    changed = catalogue.build_recipe(
        start("gan-ring8", data="grid25", rates={"D": 0.01}, batch=32, critic_steps=2, steps=77)
    )
    assert changed.data.target is grid25
    assert changed.optimizers["D"].kwargs["lr"] == 0.01
    assert changed.optimizers["G"].kwargs["lr"] == 3e-4
    assert changed.algorithm.kwargs["critic_steps"] == 2
    assert (changed.schedule.batch, changed.schedule.steps) == (32, 77)


def test_the_recipes_own_data_keep_their_arguments(catalogue: Catalogue) -> None:
    own = catalogue.build_recipe(start("veegan-ring8-narrow", data="ring8-narrow")).data
    assert own.kwargs["fresh"] is True
    assert catalogue.build_recipe(start("gan-grid25", data="ring8")).data.target is ring8


def test_a_drawing_becomes_the_data(catalogue: Catalogue) -> None:
    recipe = catalogue.build_recipe(start("gan-ring8", points=POINTS))
    assert recipe.data.target is plane
    assert recipe.data.kwargs["points"] == tuple(POINTS)
    assert recipe.schedule.evaluate_every == 0, (
        "no metric scores such data, so training would refuse to start"
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"recipe": "gan-rnig8"}, "did you mean 'gan-ring8'"),
        ({"recipe": "dcgan-shapes"}, "no recipe of the plane 'dcgan-shapes'"),
        ({"recipe": "gan-ring8", "data": "shapes"}, "no data set of the plane 'shapes'; known: grid25"),
        ({"recipe": "gan-ring8", "data": "folder:/etc"}, "no data set of the plane 'folder:/etc'"),
        ({"recipe": "gan-ring8", "rates": {"Q": 0.1}}, "optimizers"),
        ({"recipe": "gan-ring8", "rates": {"G.betas": 0.1}}, "optimizers.G.betas"),
    ],
)
def test_wrong_choices_are_refused(catalogue: Catalogue, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        catalogue.build_recipe(start(**settings))
