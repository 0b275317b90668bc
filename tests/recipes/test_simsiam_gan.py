"""GANs conditioned on representations, and their unconditional counterparts."""

from __future__ import annotations

import pytest

from ganbench.augment import ImageNoise
from ganbench.config.spec import Spec
from ganbench.recipes.base import Budget
from ganbench.recipes.registry import find_recipe

NAMES = [f"simsiam-gan-{data}" for data in ("cifar10", "tiny-imagenet", "imagenette64", "shapes")]


@pytest.mark.parametrize("budget", ["laptop", "reference"])
@pytest.mark.parametrize("name", NAMES)
def test_a_baseline_differs_only_in_what_the_representations_need(name: str, budget: Budget) -> None:
    conditional, baseline = find_recipe(name, budget), find_recipe(f"{name}-uncond", budget)
    for network in ("G", "D"):
        assert baseline.optimizers[network] == conditional.optimizers[network]
        without = conditional.networks[network].kwargs | {"latent": 0, "conditioning": None}
        assert baseline.networks[network].kwargs | {"latent": 0, "conditioning": None} == without
    shared = baseline.algorithm.kwargs
    assert shared == {key: conditional.algorithm.kwargs[key] for key in shared}
    assert {"loss", "one_pass"} < set(shared)
    assert baseline.data == conditional.data
    assert baseline.latent.kwargs["size"] == conditional.latent.kwargs["noise"]
    for option in ("batch", "warmup", "learning_rate", "ema_half_life"):
        assert getattr(baseline.schedule, option) == getattr(conditional.schedule, option)


def test_the_full_size_has_noise_and_rising_coefficients_and_the_laptop_size_no_noise() -> None:
    full, laptop = (find_recipe("simsiam-gan-tiny-imagenet", budget) for budget in ("reference", "laptop"))  # type: ignore[arg-type]
    assert full.algorithm.kwargs["augmentation"] == Spec(ImageNoise, std=0.01)
    assert full.algorithm.kwargs["representation_noise"] == 0.01
    assert {"augmentation", "representation_noise"}.isdisjoint(laptop.algorithm.kwargs)
    for recipe in (full, laptop):
        for option in ("generator_weight", "discriminator_weight"):
            factor = recipe.algorithm.kwargs[option]()
            assert [factor(step, 90) for step in (0, 29, 30, 59, 60, 89)] == [0, 0, 0.1, 0.1, 1, 1]
        assert recipe.networks["f"].kwargs["resolution"] == 32, "the encoder was trained at 32x32"
