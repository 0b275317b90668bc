"""A warm start is written below a network's name, and stored only where it is used."""

from __future__ import annotations

from typing import Any

import pytest

from ganbench import find_recipe
from ganbench.errors import UserError
from ganbench.recipes.base import Recipe


def recipe(**changes: Any) -> Recipe:
    return find_recipe("dcgan-cifar10", "laptop").override(
        {k.replace("__", "."): v for k, v in changes.items()}
    )


def test_a_warm_start_survives_storage() -> None:
    start = recipe(networks__G__weights="zoo:a", networks__D__weights="runs/b", networks__D__frozen=2)
    assert start.start.to_dict() == {"weights": {"G": "zoo:a", "D": "runs/b"}, "frozen": {"D": 2}}
    assert Recipe.from_dict(start.to_dict()) == start


def test_recipes_without_one_are_stored_as_before() -> None:
    assert "start" not in recipe().to_dict()
    assert recipe(networks__G__weights="zoo:a").override({"networks.G.weights": None}) == recipe()


def test_networks_with_an_argument_of_that_name_use_it() -> None:
    encoder = find_recipe("simsiam-gan-cifar10", "laptop").override({"networks.f.weights": "runs/f"})
    assert encoder.networks["f"].kwargs["weights"] == "runs/f"
    assert not encoder.start


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"networks__G__weights": 3}, r"networks.G.weights must be text"),
        ({"networks__D__frozen": 0}, r"networks.D.frozen must be at least 1 layer, not 0"),
        ({"networks__D__frozen": 1.5}, r"networks.D.frozen must be"),
        ({"networks__Q__weights": "zoo:a"}, r"Q"),
    ],
)
def test_wrong_values_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        recipe(**changes)


def test_a_stored_start_of_a_network_that_is_not_there_is_refused() -> None:
    stored = {**recipe().to_dict(), "start": {"weights": {"Q": "zoo:a"}}}
    with pytest.raises(UserError, match=r"networks.Q.weights: there is no network of that name"):
        Recipe.from_dict(stored)
