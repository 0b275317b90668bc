"""Models of unfinished runs: as they are during training, and as they were before the first step."""

from __future__ import annotations

from ganbench.data.base import DataInfo
from ganbench.data.held_out import held_out_split
from ganbench.inference.build import assemble
from ganbench.inference.model import Model
from ganbench.latents import Latent
from ganbench.recipes.base import Recipe
from ganbench.training.trainer import Trainer


def training_model(trainer: Trainer, latent: Latent, recipe: Recipe, info: DataInfo) -> Model:
    """Return the model of a trainer. It shares the trainer's networks, so it changes as training continues."""
    averaged = trainer.average is not None
    return Model(
        trainer.algorithm,  # type: ignore[arg-type]
        trainer.sampling_networks(),
        latent,
        info,
        trainer.step,
        weights="averaged" if averaged else "live",
        has_average=averaged,
        real_data=held_out_split(recipe.data) or recipe.data,
    )


def untrained_model(recipe: Recipe, info: DataInfo, seed: int = 0) -> Model:
    """Return a recipe's model with the random weights that a run of that seed starts from."""
    parts = assemble(recipe, info, seed)
    parts.networks.requires_grad_(False).eval()
    return Model(parts.algorithm, parts.networks, parts.latent, info, step=0)
