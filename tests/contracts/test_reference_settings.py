"""The reference budget of each recipe has the settings of the work that it follows, as stated in that work's own files.

Where ganbench differs on purpose, the recipe's docstring says so, and the line is absent here.
"""

from __future__ import annotations

from typing import Any

import pytest

from ganbench.config.dotted_keys import value_at
from ganbench.recipes.registry import find_recipe, recipe_functions

CIFAR = {
    "schedule.steps": 40_000,
    "schedule.batch": 512,
    "algorithm.critic_steps": 5,
    "networks.D.width": 256,
}
MLP = {"schedule.batch": 256, "algorithm.critic_steps": 5}
DIGITS, RING = {**MLP, "schedule.steps": 10_000}, {**MLP, "schedule.steps": 5000}
GANS_PAPER = {"schedule.batch": 128, "schedule.gradient_clip": 5.0}
NORMS = ("none", "batch", "batch")


def both(key: str, g: Any, d: Any = None) -> dict[str, Any]:
    """Return a setting of G's and D's optimizers."""
    return {f"optimizers.G.{key}": g, f"optimizers.D.{key}": g if d is None else d}


SETTINGS: dict[str, dict[str, Any]] = {
    # xyfJASON/GANs-Implementations: configs/*.yaml and models/*.py
    "dcgan-cifar10": {**CIFAR, **both("lr", 8e-4), **both("betas", (0.5, 0.999))},
    "dcgan-r1-cifar10": {**CIFAR, **both("lr", 8e-4)},
    "wgan-cifar10": {**CIFAR, **both("lr", 2e-4)},
    "wgan-gp-cifar10": {**CIFAR, **both("lr", 8e-4), **both("betas", (0.5, 0.9))},
    "sngan-cifar10": {**CIFAR, **both("lr", 8e-4), "networks.D.spectral_norm": True},
    "sngan-hinge-cifar10": {**CIFAR, **both("lr", 8e-4), "networks.D.spectral_norm": True},
    "lsgan-cifar10": {**CIFAR, **both("lr", 8e-4)},
    "cgan-cifar10": {**CIFAR, **both("lr", 2e-4)},
    "cgan-cbn-cifar10": {**CIFAR, **both("lr", 2e-4)},
    "acgan-cifar10": {
        **{**CIFAR, **both("lr", 8e-4), "algorithm.fakes": False},
        **{"algorithm.class_weight": 1.0, "algorithm.discriminator_class_weight": 2.0},
    },
    "infogan-plain-mnist": {
        **{"schedule.steps": 10_000, "schedule.batch": 256, "algorithm.critic_steps": 5},
        **{"networks.G.norm": "none", "networks.D.norm": "none", "networks.D.width": 64},
        **both("lr", 3e-4),
    },
    "gan-ring8": {**RING, **both("lr", 3e-4), **both("betas", (0.9, 0.999))},
    "wgan-ring8": {**RING, **both("lr", 3e-4)},
    "wgan-gp-ring8": {**RING, **both("lr", 3e-4), **both("betas", (0.5, 0.9))},
    "sngan-ring8": {**RING, **both("lr", 3e-4), "networks.D.spectral_norm": True},
    "lsgan-ring8": {**RING, **both("lr", 3e-4), "networks.D.norm": "none"},
    "veegan-ring8": {**RING, "networks.G.norm": "batch", "networks.D.norm": NORMS, "networks.R.norm": NORMS},
    "gan-mnist": {**DIGITS, **both("lr", 3e-4), **both("betas", (0.9, 0.999))},
    "wgan-mnist": {**DIGITS, **both("lr", 3e-4)},
    "wgan-gp-mnist": {**DIGITS, **both("lr", 3e-4), **both("betas", (0.5, 0.9))},
    "sngan-mnist": {**DIGITS, **both("lr", 3e-4), "networks.D.spectral_norm": True},
    "lsgan-mnist": {**DIGITS, "networks.G.norm": "batch", "networks.D.norm": NORMS},
    "veegan-mnist": {
        **DIGITS,
        "networks.G.norm": "batch",
        "networks.D.norm": NORMS,
        "networks.R.norm": NORMS,
    },
    # henrhoi/gan-pytorch: gan_1d.py, wgan_gp.py, bigan.py, cyclegan.py
    "gan1d-minimax": {
        "schedule.steps": 7825,
        "schedule.batch": 64,
        **both("lr", 1e-4),
        **both("betas", (0.0, 0.9)),
    },
    "gan1d-nonsaturating": {"schedule.steps": 7825, "networks.G.slope": 0.01, "networks.D.slope": 0.01},
    "wgan-gp-resnet-cifar10": {
        **{"data.flip": False, "schedule.batch": 256, "algorithm.critic_steps": 5, "networks.D.width": 128},
        **both("lr", 2e-4),
        **both("betas", (0.0, 0.9)),
    },
    "bigan-mnist": {"schedule.batch": 128, "networks.E.affine": False, "networks.E.norm": ("none", "batch")},
    "cyclegan-mnist": {"schedule.steps": 2345, "schedule.batch": 128, "networks.G.norm": "batch"},
    # LuisguiPizana/gans-paper: config/config.json and src/model.py of each branch
    "maxout-gan-mnist": {
        **GANS_PAPER,
        "schedule.steps": 23_450,
        **both("lr", 2e-4, 5e-5),
        **both("betas", (0.5, 0.9)),
    },
    "dcgan-c2-mnist": {
        **{**GANS_PAPER, "schedule.steps": 46_900, "schedule.clipped_networks": ("D",)},
        **{**both("lr", 2e-4, 5e-5), **both("weight_decay", 1e-3)},
    },
    "cgan-dense-mnist": {**GANS_PAPER, **both("lr", 2e-4), "networks.G.slope": (0.2, 0.2, 1.0)},
    "cgan-maxout-mnist": {**GANS_PAPER, **both("lr", 2e-4, 1e-4), "networks.G.dropout": 0.3},
    # vineeths96/Generative-Adversarial-Networks-GANs: DCGAN.ipynb, SAGAN.ipynb
    "dcgan-ttur-cifar10": {
        **{"data.flip": False, "schedule.batch": 128, "schedule.steps": 100_000},
        **{**both("lr", 1e-4, 4e-4), **both("betas", (0.5, 0.99))},
    },
    "sagan-dense-cifar10": {
        **{"data.flip": False, "schedule.batch": 128, "schedule.steps": 100_000},
        **{
            **both("lr", 1e-4, 4e-4),
            **both("betas", (0.5, 0.99)),
            "networks.G.width": 64,
            "networks.D.width": 64,
        },
    },
    # pfnet-research/chainer-gan-lib: example.sh, by the authors of the paper
    "sndcgan-cifar10": {**both("lr", 2e-4), **both("betas", (0.5, 0.999)), "schedule.batch": 64},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_the_reference_budget_has_the_settings_of_the_work(name: str) -> None:
    recipe = find_recipe(name, "reference")
    expected = SETTINGS[name]
    assert {key: value_at(recipe, tuple(key.split("."))) for key in expected} == expected


#: Not scored at intervals: translators, and the recipes after ConGAN, which scores at the end only.
UNSCORED = ("cyclegan-", "cut-", "pix2pix-", "congan-", "repgan-", "simsiam-gan-", "stargan-")


@pytest.mark.parametrize("name", [name for name in recipe_functions() if not name.startswith(UNSCORED)])
def test_the_reference_budget_scores_at_intervals_and_keeps_the_best_checkpoint(name: str) -> None:
    schedule = find_recipe(name, "reference").schedule
    assert 5 <= schedule.steps / schedule.evaluate_every <= 50
