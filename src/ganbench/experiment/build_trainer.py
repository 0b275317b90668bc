"""Build the trainer of a recipe."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from torch import nn
from torch.optim import Optimizer

from ganbench.data.base import Dataset
from ganbench.data.loader import Loader
from ganbench.errors import UserError
from ganbench.inference.build import make_algorithm, make_networks
from ganbench.recipes.base import Recipe
from ganbench.training.engine import Engine
from ganbench.training.trainer import Trainer


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
    if engine.is_main_process:
        for doubt in algorithm.compatibility_warnings(trainer.networks):
            warnings.warn(doubt, stacklevel=2)
    return trainer
