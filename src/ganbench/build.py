"""Make the parts that a recipe names, each given what only the run knows (sizes, latent, classes)."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from ganbench.algorithms.base import Algorithm
from ganbench.data.base import DataInfo, Dataset
from ganbench.data.loader import Loader
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.recipe import Recipe
from ganbench.spec import Spec, parameters
from ganbench.training.draws import seed_of
from ganbench.training.engine import Engine
from ganbench.training.trainer import Trainer


def make(spec: Spec, known: Mapping[str, Any], where: str) -> Any:
    """Call a Spec with those of the known values that it takes and leaves open.

    Raises:
        UserError: a required argument is neither in the recipe nor known.
    """
    runtime = {name: value for name, value in known.items() if spec.accepts(name)}
    for name, parameter in parameters(spec.target).items():
        required = parameter.default is inspect.Parameter.empty
        if required and name not in runtime and name not in spec.kwargs:
            raise UserError(f"{where}: {spec.target.__name__} needs '{name}'; set {where}.{name}=VALUE")
    return spec(**runtime)


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
            torch.default_generator.manual_seed(seed_of(seed, "weights", name))
            networks[name] = make(spec, known, f"networks.{name}")
    algorithm.check_networks(networks)
    return networks


def _further(networks: nn.ModuleDict, latent: Latent) -> dict[str, Any]:
    """Return what a network on another's features must know: how many the last one before it has, and the codes."""
    sizes = [n.feature_size for n in networks.values() if hasattr(n, "feature_size")]
    codes = getattr(latent, "codes", None)
    return ({"features": sizes[-1]} if sizes else {}) | ({} if codes is None else {"codes": codes})


def take_first_weights(networks: nn.ModuleDict) -> None:
    """Have networks that name a file or a run take their first weights from it; when a run begins, never later.

    Raises:
        UserError: a file cannot be read, or does not fit.
    """
    for network in networks.values():
        begin = getattr(network, "begin", None)
        if begin is not None:
            begin()


def make_trainer(recipe: Recipe, dataset: Dataset, engine: Engine, seed: int) -> Trainer:
    """Make everything that a run needs, ready for its first step.

    Raises:
        UserError: the parts do not fit together.
    """
    algorithm, latent = make_algorithm(recipe, dataset.info)

    def optimizer(name: str, weights: Iterable[nn.Parameter]) -> Optimizer:
        if name not in recipe.optimizers:
            raise UserError(f"recipe '{recipe.name}' moves the network {name} but has no optimizers.{name}")
        return engine.optimizer(recipe.optimizers[name], weights)

    trainer = Trainer(
        algorithm=algorithm,
        networks=dict(make_networks(recipe, dataset.info, algorithm, latent, seed).items()),
        optimizers=optimizer,
        batches=Loader(dataset, recipe.schedule.batch, seed),
        schedule=recipe.schedule,
        engine=engine,
        seed=seed,
    )
    algorithm.check_rows(trainer.rows)
    if engine.leads:
        for doubt in algorithm.doubts(trainer.networks):
            warnings.warn(doubt, stacklevel=2)
    return trainer
