from __future__ import annotations

import pytest

from ganbench.recipes.registry import find_recipe, recipe_functions
from ganbench.recipes.task import TASKS, family_of, task_of


@pytest.mark.parametrize(
    ("name", "task", "family"),
    [
        ("gan-r1-ring8", "points", "gan"),
        ("gan1d-minimax", "points", "gan1d"),
        ("veegan-ring8", "points", "veegan"),
        ("dcgan-shapes", "images", "dcgan"),
        ("sndcgan-acgan-cifar10", "images by class", "sndcgan"),
        ("sndcgan-cifar10", "images", "sndcgan"),
        ("biggan-small-cifar10", "images by class", "biggan"),
        ("infogan-mnist", "images with codes", "infogan"),
        ("bigan-mnist", "images and an encoder", "bigan"),
        ("cyclegan-mnist", "translation", "cyclegan"),
        ("cut-mnist", "translation", "cut"),
        ("pix2pix-shapes", "translation", "pix2pix"),
        ("simsiam-cifar10", "representations", "simsiam"),
        ("simsiam-gan-shapes", "representations", "simsiam"),
        ("simsiam-gan-shapes-uncond", "images", "simsiam"),
        ("stargan-shapes", "translation", "stargan"),
    ],
)
def test_the_task_follows_from_data_and_algorithm(name: str, task: str, family: str) -> None:
    recipe = find_recipe(name)
    assert (task_of(recipe), family_of(recipe)) == (task, family)


def test_every_task_has_a_recipe() -> None:
    assert {task_of(function(budget="reference")) for function in recipe_functions().values()} == set(TASKS)
