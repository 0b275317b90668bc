"""From what a person asks for to a recipe: written, or chosen by rules for the data that are named."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ganbench.auto import choose as auto
from ganbench.errors import UserError
from ganbench.recipes.base import EVERY_BUDGET, Budget, Recipe
from ganbench.recipes.budget import minutes_of
from ganbench.recipes.registry import find_recipe


@dataclass(frozen=True)
class Resolved:
    """A recipe with all changes made, the budget that it is for, and the minutes if steps are to be planned for them.

    ``reasons`` say, a line each, what was chosen by rules and why.
    """

    recipe: Recipe
    budget: str
    minutes: float | None = None
    reasons: tuple[str, ...] = ()


def resolve(
    recipe: str | Recipe, budget: str | None, changes: Mapping[str, Any], trusted: Collection[str] = ()
) -> Resolved:
    """Return the recipe that is asked for, with changes; without a budget it is the reference, of "auto" 10 minutes.

    Raises:
        UserError: there is no such recipe or budget, a change is wrong, or no recipe can be chosen for the data.
    """
    minutes = None if budget in (None, *EVERY_BUDGET) else minutes_of(str(budget))
    if minutes is not None and "schedule.steps" in changes:
        raise UserError(f"--budget {budget} plans schedule.steps itself; give one of the two")
    if recipe == auto.NAME:
        choice = auto.choose(budget or auto.BUDGET, changes, trusted)
        planned = None if "schedule.steps" in changes else choice.minutes
        return Resolved(choice.recipe, choice.recipe.budget, planned, choice.reasons)
    named = budget or "reference"
    size: Budget = next((known for known in EVERY_BUDGET if known == named), "laptop")
    found = recipe if isinstance(recipe, Recipe) else find_recipe(recipe, size, trusted)
    return Resolved(found.override(changes, trusted), named, minutes)
