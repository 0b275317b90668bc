"""Build a model from a recipe and a description of the data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ganbench.algorithms.base import Algorithm
from ganbench.config.instantiate import make
from ganbench.data.base import DataInfo, Dataset
from ganbench.data.python_data import as_dataset
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.networks.pretrained import Pretrained, read_weights
from ganbench.networks.transfer import transfer_weights
from ganbench.recipes.base import Recipe
from ganbench.recipes.start import Start
from ganbench.utils.float32 import float32_default
from ganbench.utils.random_stream import derive_seed
from ganbench.zoo.source import model_folder

#: Arguments of networks that the run sets to what fits, unless the recipe does.
RUNTIME_ARGUMENTS = ("shape", "latent", "classes", "features", "codes")


@dataclass(frozen=True)
class ModelParts:
    """The parts of a model that fit each other: the algorithm, the latent distribution and the networks by name."""

    algorithm: Algorithm
    latent: Latent
    networks: nn.ModuleDict


@float32_default()
def assemble(recipe: Recipe, info: DataInfo, seed: int) -> ModelParts:
    """Build the parts of a recipe's model, with random initial weights.

    The weights of each network depend only on the seed and the network's name.

    Raises:
        UserError: the parts do not fit the data or each other.
    """
    algorithm, latent = build_algorithm(recipe, info)
    networks = nn.ModuleDict()
    for name, spec in recipe.networks.items():
        arguments: dict[str, Any] = {
            "shape": algorithm.shape_of(name, info.shape),
            "latent": latent.size,
            "classes": len(info.classes),
            **_dependent_arguments(networks, latent),
        }
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(derive_seed(seed, "weights", name))
            network = make(spec, arguments, f"networks.{name}")
        _require(f"networks.{name}", network, isinstance(network, nn.Module), "torch.nn.Module")
        networks[name] = network
    algorithm.check_networks(networks)
    return ModelParts(algorithm, latent, networks)


def build_algorithm(recipe: Recipe, info: DataInfo) -> tuple[Algorithm, Latent]:
    """Build the algorithm of a recipe's model and its latent distribution, which need no networks.

    Raises:
        UserError: they do not fit the data or each other.
    """
    latent: Latent = make(recipe.latent, {}, "latent")
    _require("latent", latent, hasattr(latent, "size") and hasattr(latent, "draw"), "latent distribution")
    arguments: dict[str, Any] = {
        "latent": latent,
        "classes": len(info.classes),
        "class_names": info.classes,
        "shape": info.shape,
    }
    algorithm: Algorithm = make(recipe.algorithm, arguments, "algorithm")
    _require("algorithm", algorithm, isinstance(algorithm, Algorithm), "ganbench.algorithms.Algorithm")
    return algorithm, latent


def _require(key: str, part: object, fits: bool, kind: str) -> None:
    if not fits:
        raise UserError(f"{key} must be a {kind}, not {type(part).__name__}")


def _dependent_arguments(networks: nn.ModuleDict, latent: Latent) -> dict[str, Any]:
    """Return the number of features of the last network that has some, and the codes of the latent if it has some."""
    sizes = [n.feature_size for n in networks.values() if hasattr(n, "feature_size")]
    codes = getattr(latent, "codes", None)
    return ({"features": sizes[-1]} if sizes else {}) | ({} if codes is None else {"codes": codes})


@dataclass(frozen=True)
class FirstWeights:
    """The weights that networks do not start with at random.

    Attributes:
        digests: The first 16 hex digits of the SHA-256 of each such network's weights, by the network's name.
        notes: One line for each network that took some layers of another one.
    """

    digests: Mapping[str, str]
    notes: tuple[str, ...] = ()


def load_pretrained_weights(networks: nn.ModuleDict, start: Start = Start()) -> FirstWeights:  # noqa: B008 (frozen)
    """Load the weights that networks start from: at the start of a run only, since checkpoints store them.

    Args:
        networks: The networks, which are changed.
        start: The recipe's warm start. A network takes the average of the source's, if there is one.

    Raises:
        UserError: a file cannot be read, or does not fit the network.
    """
    digests, notes = {}, []
    for name, network in networks.items():
        if isinstance(network, Pretrained) and network.weights:
            network.load_pretrained()
            digests[name] = weights_digest(network)
        elif source := start.weights.get(name):
            state = read_weights(model_folder(source), name, averaged=True)
            if not state:
                raise UserError(f"networks.{name}.weights: {source} has no network '{name}'")
            transfer = transfer_weights(network, state, f"{name} in {source}")
            notes.append(f"{name} starts from {source}: {transfer}")
            digests[name] = weights_digest(network)
    return FirstWeights(digests, tuple(notes))


def weights_digest(network: nn.Module) -> str:
    """Return the first 16 hex digits of the SHA-256 of a network's weights and their names."""
    digest = hashlib.sha256()
    for key, tensor in network.state_dict().items():
        digest.update(key.encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()[:16]


@float32_default()
def make_dataset(recipe: Recipe) -> Dataset:
    """Build the recipe's data set."""
    return as_dataset(make(recipe.data, {}, "data"), "data")
