"""Build the trainer of a recipe."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from torch import nn
from torch.optim import Optimizer

from ganbench.data.base import Dataset
from ganbench.data.classes import require_items_of_each_class
from ganbench.data.loader import Loader
from ganbench.errors import UserError
from ganbench.experiment.misfit import explain_misfit
from ganbench.inference.build import ModelParts, assemble
from ganbench.recipes.base import Recipe
from ganbench.training.engine import Engine
from ganbench.training.trainer import Trainer


def make_trainer(
    recipe: Recipe, dataset: Dataset, engine: Engine, seed: int, parts: ModelParts | None = None
) -> Trainer:
    """Build the trainer of a recipe, ready for its first step, and warn of combinations that work badly.

    Args:
        recipe: The recipe.
        dataset: Its training data.
        engine: The machine to train on.
        seed: Determines all randomness.
        parts: The recipe's model, if it is built already. The trainer trains it in place.

    Raises:
        UserError: the parts do not fit together.
    """
    parts = parts or assemble(recipe, dataset.info, seed)
    if parts.algorithm.conditional:
        require_items_of_each_class(dataset)

    def optimizer(name: str, parameters: Iterable[nn.Parameter]) -> Optimizer:
        if name not in recipe.optimizers:
            raise UserError(f"recipe '{recipe.name}' trains the network {name} but has no optimizers.{name}")
        return engine.optimizer(recipe.optimizers[name], parameters)

    with explain_misfit(recipe):
        trainer = Trainer(
            algorithm=parts.algorithm,
            networks=dict(parts.networks.items()),
            optimizers=optimizer,
            batches=Loader(dataset, recipe.schedule.batch, seed),
            schedule=recipe.schedule,
            engine=engine,
            seed=seed,
        )
    parts.algorithm.check_batch_size(trainer.microbatch_size)
    if engine.is_main_process:
        for message in parts.algorithm.compatibility_warnings(trainer.networks):
            warnings.warn(message, stacklevel=2)
    return trainer
