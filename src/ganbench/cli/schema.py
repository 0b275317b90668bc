"""The command ``schema``."""

from __future__ import annotations

from ganbench.cli.options import print_json


def schema() -> None:
    """Print the JSON Schema of recipe files, with which an editor completes and checks them."""
    from ganbench.recipes.json_schema import recipe_schema

    print_json(recipe_schema())
