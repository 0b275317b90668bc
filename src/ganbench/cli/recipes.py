"""The commands ``recipes`` and ``show``: which recipes there are, and what one is made of."""

from __future__ import annotations

import json
import sys

from ganbench.cli.options import (
    JsonOption,
    ModuleOption,
    Overrides,
    RecipeArgument,
    TimeOption,
    print_json,
    trust,
)


def recipes(as_json: JsonOption = False) -> None:
    """List the recipes."""
    from ganbench.recipes.registry import recipe_functions

    made = [function(budget="reference") for function in recipe_functions().values()]
    if as_json:
        print_json([{"name": r.name, "summary": r.summary, "data": r.data.to_dict()} for r in made])
        return
    for recipe in made:
        print(f"{recipe.name:20} {recipe.summary}")


def show(
    recipe: RecipeArgument,
    overrides: Overrides = None,
    budget: TimeOption = None,
    as_json: JsonOption = False,
    module: ModuleOption = None,
) -> None:
    """Print a recipe, resolved, with its papers; of auto, what is chosen for your pictures, and why."""
    import yaml

    from ganbench.experiment.resolve_recipe import resolve
    from ganbench.recipes.base import parse_overrides

    found = resolve(recipe, budget, parse_overrides(overrides or []), trust(module))
    written = found.recipe.to_dict()
    for reason in found.reasons:
        print(f"# {reason}", file=sys.stderr if as_json else sys.stdout)
    print(json.dumps(written, indent=1) if as_json else yaml.safe_dump(written, sort_keys=False).rstrip())
