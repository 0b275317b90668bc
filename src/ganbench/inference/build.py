"""Make the parts that a recipe names, each given what only the run knows (sizes, latent, classes)."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ganbench.algorithms.base import Algorithm
from ganbench.config.instantiate import make
from ganbench.data.base import DataInfo, Dataset
from ganbench.latents import Latent
from ganbench.networks.pretrained import Pretrained
from ganbench.recipes.base import Recipe
from ganbench.utils.random_stream import derive_seed


def make_dataset(recipe: Recipe) -> Dataset:
    """Make the recipe's data set."""
    dataset: Dataset = make(recipe.data, {}, "data")
    return dataset


def make_algorithm(recipe: Recipe, info: DataInfo) -> tuple[Algorithm, Latent]:
    """Make the recipe's algorithm and the latent distribution it draws from, for data of that description."""
    latent: Latent = make(recipe.latent, {}, "latent")
    known = {"latent": latent, "classes": len(info.classes), "shape": info.shape}
    algorithm: Algorithm = make(recipe.algorithm, known, "algorithm")
    return algorithm, latent


def make_networks(
    recipe: Recipe, info: DataInfo, algorithm: Algorithm, latent: Latent, seed: int
) -> nn.ModuleDict:
    """Make the recipe's networks; each one's first weights depend on the seed and its own name only.

    Raises:
        UserError: they do not fit the data or the algorithm.
    """
    networks = nn.ModuleDict()
    for name, spec in recipe.networks.items():
        shape = algorithm.shape_of(name, info.shape)
        known = {
            "shape": shape,
            "latent": latent.size,
            "classes": len(info.classes),
            **_further(networks, latent),
        }
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(derive_seed(seed, "weights", name))
            networks[name] = make(spec, known, f"networks.{name}")
    algorithm.check_networks(networks)
    return networks


def _further(networks: nn.ModuleDict, latent: Latent) -> dict[str, Any]:
    """Return what a network on another's features must know: how many the last one before it has, and the codes."""
    sizes = [n.feature_size for n in networks.values() if hasattr(n, "feature_size")]
    codes = getattr(latent, "codes", None)
    return ({"features": sizes[-1]} if sizes else {}) | ({} if codes is None else {"codes": codes})


def load_pretrained_weights(networks: nn.ModuleDict) -> None:
    """Have networks that name a file or a run take their first weights from it; when a run begins, never later.

    Raises:
        UserError: a file cannot be read, or does not fit.
    """
    for network in networks.values():
        if isinstance(network, Pretrained):
            network.load_pretrained()
