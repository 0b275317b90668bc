"""The command ``recipes``."""

from __future__ import annotations

from typing import Annotated, Any, Optional

import typer

from ganbench.cli.options import JsonOption, print_json
from ganbench.errors import UserError


def recipes(
    words: Annotated[
        Optional[list[str]],  # noqa: UP045 (typer needs this form)
        typer.Argument(
            help="List only recipes with all of these words in their name, summary, data or task."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the recipes by task and family, such as `ganbench recipes mnist class`.

    In the descriptions, G is the generator and D the discriminator.
    """
    from ganbench.recipes.registry import recipe_functions
    from ganbench.recipes.task import TASKS, family_of, task_of

    rows: list[dict[str, Any]] = []
    for function in recipe_functions().values():
        recipe = function(budget="reference")
        data = getattr(recipe.data.target, "dataset_name", "")
        row: dict[str, Any] = {"name": recipe.name, "task": task_of(recipe), "family": family_of(recipe)}
        searched = " ".join([*row.values(), data, recipe.summary]).lower()
        if all(word.lower() in searched for word in words or ()):
            rows.append({**row, "summary": recipe.summary, "data": recipe.data.to_dict()})
    if not rows:
        raise UserError(
            f"no recipe has all of these words: {' '.join(words or ())}; `ganbench recipes` lists all"
        )
    rows.sort(key=lambda row: (TASKS.index(row["task"]), row["family"], row["name"]))
    if as_json:
        print_json(rows)
        return
    width, task = max(len(row["name"]) for row in rows), ""
    for row in rows:
        if row["task"] != task:
            print(f"{chr(10) if task else ''}{row['task']}:")
            task = row["task"]
        print(f"  {row['name']:{width}} {row['summary']}")
