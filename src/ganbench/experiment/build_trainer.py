"""Build the trainer of a recipe."""

from __future__ import annotations

import dataclasses
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
from ganbench.networks.transfer import lowest_layers
from ganbench.recipes.base import Recipe
from ganbench.training.engine import Engine
from ganbench.training.settings import Schedule
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

    frozen = [
        parameter
        for name, count in recipe.start.frozen.items()
        for parameter in lowest_layers(parts.networks[name], count, f"networks.{name}.frozen")
    ]
    with explain_misfit(recipe):
        trainer = Trainer(
            algorithm=parts.algorithm,
            networks=dict(parts.networks.items()),
            optimizers=optimizer,
            batches=Loader(dataset, recipe.schedule.batch, seed),
            schedule=_schedule(recipe, parts),
            frozen=frozen,
            engine=engine,
            seed=seed,
        )
    engine.compile(trainer.networks.values())  # after the trainer has copied them for its average
    parts.algorithm.check_batch_size(trainer.microbatch_size)
    if engine.is_main_process:
        for message in parts.algorithm.compatibility_warnings(trainer.networks):
            warnings.warn(message, stacklevel=2)
    return trainer


def _schedule(recipe: Recipe, parts: ModelParts) -> Schedule:
    """Return the schedule; an average of networks that start trained has its full half-life at once.

    The ramp makes the average of random first weights short. Those of a trained network are worth keeping.
    """
    schedule = recipe.schedule
    if schedule.ema_half_life is None or not set(parts.algorithm.averaged) & set(recipe.start.weights):
        return schedule
    return dataclasses.replace(schedule, ema_ramp=schedule.ema_half_life)  # reached with the first image
