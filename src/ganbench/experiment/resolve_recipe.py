"""Find the recipe that a user names, or choose one for their data, and apply overrides and budget."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ganbench.auto import choose as auto
from ganbench.errors import UserError
from ganbench.recipes.base import ALL_BUDGETS, Budget, Recipe
from ganbench.recipes.budget import parse_minutes
from ganbench.recipes.registry import find_recipe, find_recipe_for_time, require_budget


@dataclass(frozen=True)
class ResolvedRecipe:
    """A recipe with all overrides applied, and its budget.

    ``minutes`` is set if the number of steps is still to be fitted to a time; then ``changed`` are the dotted keys that
    the user has set, which stay as they are. ``reasons`` explain, one line each, what was chosen by rules.
    """

    recipe: Recipe
    budget: str
    minutes: float | None = None
    reasons: tuple[str, ...] = ()
    changed: frozenset[str] = frozenset()


def resolve_recipe(
    recipe: str | Recipe, budget: str | None, overrides: Mapping[str, Any], trusted: Collection[str] = ()
) -> ResolvedRecipe:
    """Resolve a recipe; the default budget is "reference", and 10 minutes for "auto".

    Raises:
        UserError: there is no such recipe or budget, an override is wrong, or no recipe can be chosen for the data.
    """
    minutes = None if budget in (None, *ALL_BUDGETS) else parse_minutes(str(budget))
    if minutes is not None and "schedule.steps" in overrides:
        raise UserError(f"--budget {budget} plans schedule.steps itself; give one of the two")
    if recipe == auto.NAME:
        choice = auto.choose_recipe(budget or auto.DEFAULT_BUDGET, overrides, trusted)
        auto_minutes = None if "schedule.steps" in overrides else choice.minutes
        changed = frozenset(overrides)
        return ResolvedRecipe(choice.recipe, choice.recipe.budget, auto_minutes, choice.reasons, changed)
    size: Budget | None = next((choice for choice in ALL_BUDGETS if choice == budget), None)
    in_files: frozenset[str] = frozenset()
    if isinstance(recipe, Recipe):
        base = recipe
        if size is not None:
            require_budget(base, size, f"'{base.name}'")
    elif minutes is not None:
        base, in_files = find_recipe_for_time(recipe, trusted)
    else:
        base = find_recipe(recipe, size, trusted)
    return ResolvedRecipe(
        base.override(overrides, trusted), budget or base.budget, minutes, changed=in_files | overrides.keys()
    )
