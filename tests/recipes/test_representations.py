"""The GAN of representations at full size has ConGAN's networks and settings, and a critic of images at laptop size."""

from __future__ import annotations

import torch
from torch import nn

from ganbench.recipes.registry import find_recipe


def test_the_full_size_has_the_works_networks() -> None:
    recipe = find_recipe("repgan-cifar10")
    assert recipe.data.kwargs == {"size": 64}
    with torch.device("meta"):
        g, d = recipe.networks["G"](), recipe.networks["D"]()
    sizes = [(layer.in_features, layer.out_features) for layer in g.modules() if isinstance(layer, nn.Linear)]
    assert sizes == [(256, 204), *[(204, 204)] * 5, (204, 2048)]
    norms = [(layer.num_features, layer.affine) for layer in g.modules() if isinstance(layer, nn.BatchNorm1d)]
    assert norms == [*[(204, True)] * 6, (2048, False)]
    sizes = [(layer.in_features, layer.out_features) for layer in d.modules() if isinstance(layer, nn.Linear)]
    assert sizes == [(2048, 204), (204, 204), (204, 1)]
    assert recipe.networks["A"].kwargs["latent"] == 2048 + 256


def test_the_full_size_has_the_works_losses_and_updates() -> None:
    arguments = find_recipe("repgan-cifar10").algorithm.kwargs
    assert arguments["context"] is True
    assert (arguments["critic_steps"], arguments["decoder_steps"]) == (3, 4)
    noise, penalty = (spec.kwargs for spec in arguments["regularizers"])
    target = arguments["loss"].kwargs["real_target"]
    assert (round(target - noise["real"], 9), round(target + noise["real"], 9)) == (0.7, 1.2)
    assert (noise["fake"], penalty["weight"], penalty["slope"]) == (0, 10, 1)


def test_the_laptop_size_has_a_critic_of_images_and_no_context() -> None:
    recipe = find_recipe("repgan-cifar10", "laptop")
    assert "C" in recipe.networks
    assert "K" not in recipe.networks
    assert (
        recipe.algorithm.kwargs["image_gan"].kwargs["latent"].kwargs["size"] == recipe.latent.kwargs["size"]
    )
