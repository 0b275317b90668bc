"""What stays the same while a process trains a run, and the trainer and hooks that it builds for each recipe."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ganbench.data.base import Dataset
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.continuation import load_first_weights
from ganbench.experiment.misfit import explain_misfit, try_generator
from ganbench.experiment.run_hooks import RunHooks
from ganbench.experiment.validation import PeriodicEvaluation
from ganbench.inference.build import ModelParts, assemble
from ganbench.inference.model import Model
from ganbench.recipes.base import Recipe
from ganbench.recipes.changeable import OPTIMIZER_KEYS
from ganbench.runs.run import Run
from ganbench.training.engine import Engine
from ganbench.training.trainer import Trainer
from ganbench.utils.console import Console


def build_parts(recipe: Recipe, dataset: Dataset, seed: int, trusted: Collection[str]) -> ModelParts:
    """Build the model, and check that the periodic evaluation will work, which would otherwise fail in mid-run.

    Raises:
        UserError: the parts do not fit together, or the model cannot be evaluated.
    """
    with explain_misfit(recipe):
        parts = assemble(recipe, dataset.info, seed)
        model = Model(parts.algorithm, parts.networks, parts.latent, dataset.info, step=0)
        try_generator(recipe, model)
        if recipe.schedule.evaluate_every:
            PeriodicEvaluation(recipe, dataset, trusted).check_metrics(model)
    return parts


@dataclass(frozen=True)
class Session:
    """A run and what a process trains it with; ``track`` names the trackers that show it too."""

    run: Run
    dataset: Dataset
    engine: Engine
    seed: int
    track: Collection[str]
    console: Console
    trusted: Collection[str]

    def hooks(self, recipe: Recipe, state: Mapping[str, Any] | None) -> RunHooks:
        """Return the hooks, with the trainer of a recipe that continues from a checkpoint; None is the start.

        Raises:
            UserError: the parts do not fit together, or the checkpoint does not fit them.
        """
        parts = build_parts(recipe, self.dataset, self.seed, self.trusted)
        if state is None:
            load_first_weights(self.run, recipe, parts.networks)
        trainer = make_trainer(recipe, self.dataset, self.engine, self.seed, parts)
        if state is not None:
            with self.run.explain_load_errors(state["step"]):
                trainer.load_state_dict(state)
            _restore_hyperparameters(trainer, recipe)
        return self.hooks_of(trainer, parts, recipe)

    def hooks_of(self, trainer: Trainer, parts: ModelParts, recipe: Recipe) -> RunHooks:
        """Return the hooks of a trainer."""
        return RunHooks(self.run, trainer, parts.latent, self.dataset, recipe, self.trusted)


def _restore_hyperparameters(trainer: Trainer, recipe: Recipe) -> None:
    """Let the recipe's hyperparameters count, in place of those that a checkpoint of before a change holds.

    The trainer itself sets learning rates.
    """
    for name, optimizer in trainer.optimizers.items():
        own = {key: v for key, v in recipe.optimizers[name].kwargs.items() if key in OPTIMIZER_KEYS}
        for group in optimizer.param_groups:
            group.update({key: value for key, value in own.items() if key in group and key != "lr"})
