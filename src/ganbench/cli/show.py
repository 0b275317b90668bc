"""The command ``show``."""

from __future__ import annotations

import json
import sys

from ganbench.cli.options import (
    BudgetOption,
    JsonOption,
    ModuleOption,
    Overrides,
    RecipeArgument,
    import_modules,
)


def show(
    recipe: RecipeArgument,
    overrides: Overrides = None,
    budget: BudgetOption = None,
    as_json: JsonOption = False,
    module: ModuleOption = None,
) -> None:
    """Print a recipe with its settings and papers. For 'auto', also print what it chose for your images, and why.

    For the recipe.json of a run, also print which settings were changed in its midst.
    """
    from ganbench.config.values import format_yaml
    from ganbench.experiment.resolve_recipe import resolve_recipe
    from ganbench.recipes.overrides import parse_overrides
    from ganbench.runs.changes import changes_of_run

    resolved = resolve_recipe(recipe, budget, parse_overrides(overrides or []), import_modules(module))
    record = resolved.recipe.to_dict()
    for reason in resolved.reasons:
        print(f"# {reason}", file=sys.stderr if as_json else sys.stdout)
    for change in changes_of_run(recipe):
        print(f"# changed: {change}", file=sys.stderr if as_json else sys.stdout)
    print(json.dumps(record, indent=1) if as_json else format_yaml(record).rstrip())
