"""What a page can choose from: the recipes and data sets of the plane, from the registries."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganbench.config.spec import Spec, parameters
from ganbench.data.plane import MAX_POINTS, plane
from ganbench.data.registry import DatasetFunction, datasets
from ganbench.data.toy import GaussianMixture
from ganbench.errors import UserError, did_you_mean
from ganbench.playground.messages import Start
from ganbench.recipes.base import DEFAULT_BUDGETS, Budget, Recipe
from ganbench.recipes.registry import find_recipe, recipe_functions

_BUDGET: Budget = "laptop"


@dataclass(frozen=True)
class Catalogue:
    """The recipes by name, at laptop size, and the mixtures of Gaussians in the plane by name."""

    recipes: Mapping[str, Recipe]
    datasets: Mapping[str, DatasetFunction]

    def build_recipe(self, settings: Start) -> Recipe:
        """Return the recipe of a page's settings.

        Raises:
            UserError: There is no such recipe or data set, or a setting does not fit the recipe.
        """
        if settings.recipe not in self.recipes:
            raise UserError(
                f"there is no recipe of the plane '{settings.recipe}'{did_you_mean(settings.recipe, self.recipes)}"
            )
        recipe = self.recipes[settings.recipe]
        changes: dict[str, Any] = {f"optimizers.{name}.lr": rate for name, rate in settings.rates.items()}
        if settings.points is not None:
            # No metric of the library scores points without known modes.
            changes |= {"data": Spec(plane, points=tuple(settings.points)), "schedule.evaluate_every": 0}
        elif settings.data is not None and settings.data != data_name(recipe):
            if settings.data not in self.datasets:
                raise UserError(
                    f"there is no data set of the plane '{settings.data}'{did_you_mean(settings.data, self.datasets)}"
                )
            changes["data"] = settings.data
        for key, value in (
            ("schedule.batch", settings.batch),
            ("schedule.steps", settings.steps),
            ("algorithm.critic_steps", settings.critic_steps),
        ):
            if value is not None:
                changes[key] = value
        return recipe.override(changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the choices for the page."""
        return {
            "recipes": [describe_recipe(recipe) for recipe in self.recipes.values()],
            "datasets": list(self.datasets),
            "max_points": MAX_POINTS,
        }


def read_catalogue() -> Catalogue:
    """Return the recipes and data sets of the plane that are installed.

    Raises:
        UserError: A plug-in cannot be imported.
    """
    sets = {name: function for name, function in datasets().items() if _is_planar(function)}
    recipes = {}
    for name, function in recipe_functions().items():
        if _BUDGET in getattr(function, "budgets", DEFAULT_BUDGETS):
            recipe = find_recipe(name, _BUDGET)
            if recipe.data.target in sets.values():
                recipes[name] = recipe
    return Catalogue(recipes, sets)


def _is_planar(function: DatasetFunction) -> bool:
    """Whether a data set is a mixture in the plane; others are not built to find out, which takes seconds."""
    is_mixture = typing.get_type_hints(function).get("return") is GaussianMixture
    return is_mixture and function().info.shape == (2,)


def data_name(recipe: Recipe) -> str:
    """Return the name of a recipe's data set."""
    return str(getattr(recipe.data.target, "dataset_name", recipe.data.target.__name__))


def describe_recipe(recipe: Recipe) -> dict[str, Any]:
    """Return what the page shows of a recipe, and the settings that can be changed; no D steps if it has none."""
    return {
        "name": recipe.name,
        "summary": recipe.summary,
        "data": data_name(recipe),
        "papers": [f"{paper.title}, {paper.year}" for paper in recipe.papers],
        "rates": {name: _argument(spec, "lr") for name, spec in recipe.optimizers.items()},
        "batch": recipe.schedule.batch,
        "steps": recipe.schedule.steps,
        "critic_steps": _argument(recipe.algorithm, "critic_steps"),
    }


def _argument(spec: Spec, name: str) -> Any:
    """Return an argument of a part, or its default; None if the part has none of this name."""
    accepted = parameters(spec.target)
    return spec.kwargs.get(name, accepted[name].default) if name in accepted else None
