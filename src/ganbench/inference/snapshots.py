"""Models of runs that have not ended: as they are while training, and as they were before the first step."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ganbench.data.base import DataInfo
from ganbench.data.held_out import held_out_of
from ganbench.inference.build import make_algorithm, make_networks
from ganbench.inference.model import Model
from ganbench.recipes.base import Recipe
from ganbench.runs.run import Run
from ganbench.training.trainer import Trainer


def training_model(trainer: Trainer, recipe: Recipe, info: DataInfo) -> Model:
    """Return the model that a trainer has; its networks go on moving."""
    averaged = trainer.average is not None
    return Model(
        trainer.algorithm,  # type: ignore[arg-type]
        trainer.generators(),
        make_algorithm(recipe, info)[1],
        info,
        trainer.step,
        weights="averaged" if averaged else "live",
        keeps_average=averaged,
        items=held_out_of(recipe.data) or recipe.data,
    )


def untrained_model(run: str | Path | Run, trusted: Collection[str] = ()) -> Model:
    """Return the model as it was before a run's first step, as a baseline for what training has brought."""
    run = run if isinstance(run, Run) else Run(run)
    recipe, info = run.recipe(trusted), run.info
    algorithm, latent = make_algorithm(recipe, info)
    networks = make_networks(recipe, info, algorithm, latent, run.meta["seed"])
    networks.requires_grad_(False).eval()
    return Model(algorithm, networks, latent, info, 0)
