"""ConGAN's table of experiments, number by number."""

from __future__ import annotations

import pytest

from ganbench.networks import SNDCGANGenerator
from ganbench.recipes.registry import find_recipe

# batch, epochs, D's rate, D's updates, G's rate, decay, betas, width, weights of f's and of Q's cosine in each stage
TABLE = {
    "congan-cifar10-1": (256, 200, 5e-5, 5, 5e-5, 0.01, (0.5, 0.9), 64, [0.1], [0.1]),
    "congan-cifar10-2": (256, 200, 5e-5, 5, 1e-3, 0.01, (0.5, 0.9), 64, [0.1], [0.1]),
    "congan-cifar10-3": (64, 250, 2e-4, 5, 1e-3, 0.02, (0.5, 0.999), 64, [0.1], [0.1]),
    "congan-cifar10-4": (128, 100, 1e-4, 1, 1e-3, 0.02, (0.5, 0.999), 64, [0.1], [0.02]),
    "congan-tiny-imagenet-1": (256, 150, 1e-3, 5, 1e-3, 0.02, (0.5, 0.9), 32, [0.0], [0.0, 1.0]),
    "congan-tiny-imagenet-2": (256, 150, 1e-3, 1, 1e-3, 0.02, (0.5, 0.9), 32, [0.0], [0.0, 0.1]),
    "congan-tiny-imagenet-3": (256, 150, 1e-3, 1, 1e-3, 0.02, (0.5, 0.999), 64, [0.0], [0.0, 1.0, 10.0]),
    "congan-tiny-imagenet-4": (256, 150, 2e-4, 1, 1e-3, 0.02, (0.5, 0.999), 32, [0.0, 0.0, 0.1], [0.0, 1.0, 0.6]),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_an_experiment_has_the_settings_of_the_table(name: str) -> None:
    batch, epochs, d_rate, critic_steps, g_rate, decay, betas, width, g_weights, d_weights = TABLE[name]
    recipe = find_recipe(name)
    schedule, arguments = recipe.schedule, recipe.algorithm.kwargs
    assert schedule.batch == batch
    images = 50_000 if "cifar10" in name else 100_000
    batches_a_step = critic_steps if "cifar10" in name else 1 + 2 * critic_steps
    epoch = images // batch // batches_a_step
    assert schedule.steps == epochs * epoch
    rates = [schedule.learning_rate_at(step) for step in (0, epoch - 1, epoch, 2 * epoch)]
    assert rates == pytest.approx([1, 1, 1 - decay, (1 - decay) ** 2])
    assert arguments["critic_steps"] == critic_steps
    for network, rate in (("G", g_rate), ("T", g_rate), ("D", d_rate), ("Q", d_rate)):
        optimizer = recipe.optimizers[network]
        assert (optimizer.kwargs["lr"], optimizer.kwargs["betas"]) == (rate, betas), network
    assert recipe.networks["G"].target is SNDCGANGenerator
    assert recipe.networks["G"].kwargs["width"] == recipe.networks["D"].kwargs["width"] == width
    for option, weights in (("generator_weight", g_weights), ("discriminator_weight", d_weights)):
        factor = arguments[option]()
        count = len(weights)
        assert [factor(2 * stage + 1, 2 * count) for stage in range(count)] == weights


@pytest.mark.parametrize("name", TABLE)
def test_the_laptop_size_keeps_rates_critic_steps_and_weights(name: str) -> None:
    full, laptop = find_recipe(name), find_recipe(name, "laptop")
    for network in ("G", "T", "D", "Q"):
        assert laptop.optimizers[network] == full.optimizers[network]
    for option in ("critic_steps", "generator_weight", "discriminator_weight"):
        assert laptop.algorithm.kwargs[option] == full.algorithm.kwargs[option]
    assert laptop.schedule.batch == 16
