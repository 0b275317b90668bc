"""What a recipe is for and to which family it belongs, for listings."""

from __future__ import annotations

from ganbench.data import toy
from ganbench.recipes.base import Recipe

#: Every task, in the order of listings.
TASKS = (
    "points",
    "images",
    "images by class",
    "images with codes",
    "images and an encoder",
    "translation",
    "representations",
)


def task_of(recipe: Recipe) -> str:
    """Return the one of ``TASKS`` that the recipe's data and the abilities of its algorithm make it for."""
    algorithm, latent = recipe.algorithm.target, recipe.latent.target
    if recipe.data.target.__module__ == toy.__name__:
        return "points"
    if hasattr(algorithm, "translate"):
        return "translation"
    if not hasattr(algorithm, "sample") or hasattr(algorithm, "prepare_latents"):
        return "representations"
    if hasattr(algorithm, "encode"):
        return "images and an encoder"
    if hasattr(latent, "codes"):
        return "images with codes"
    return "images by class" if recipe.algorithm.kwargs.get("labels", "none") != "none" else "images"


def family_of(recipe: Recipe) -> str:
    """Return the name of the method: the first part of the recipe's name."""
    return recipe.name.partition("-")[0]
