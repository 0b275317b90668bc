"""The command ``recipes``."""

from __future__ import annotations

from ganbench.cli.options import JsonOption, print_json


def recipes(as_json: JsonOption = False) -> None:
    """List all recipes.

    In the descriptions, G is the generator and D the discriminator.
    """
    from ganbench.recipes.registry import recipe_functions

    all_recipes = [function(budget="reference") for function in recipe_functions().values()]
    if as_json:
        print_json([{"name": r.name, "summary": r.summary, "data": r.data.to_dict()} for r in all_recipes])
        return
    width = max(len(recipe.name) for recipe in all_recipes)
    for recipe in all_recipes:
        print(f"{recipe.name:{width}} {recipe.summary}")
