"""The tables and comparisons that the commands ``study`` and ``compare`` print."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ganbench.cli.options import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ganbench.studies.rows import Row


def print_comparisons(
    rows: Sequence[Row], pair: tuple[str, str] | None, by: str | None, as_json: bool
) -> None:
    """Print the table of recipes, the failed runs, and the comparisons.

    Args:
        rows: The runs, one row each.
        pair: The two recipes to compare. None: the default pairs.
        by: The detail of the score to compare by. None: the score itself.
        as_json: Print JSON instead of text.

    Raises:
        UserError: the recipes of ``pair`` cannot be compared.
    """
    from ganbench.studies.study import compare_pairs
    from ganbench.studies.summary import compare_recipes, default_pairs, summaries
    from ganbench.studies.table import as_rich

    recipes = summaries(rows)
    if pair:
        compare_recipes(rows, *pair, by)  # raises if something is missing
    comparisons = compare_pairs(rows, [pair] if pair else default_pairs(recipes), by)
    if as_json:
        print_json({"summary": [recipe.to_dict() for recipe in recipes], "comparisons": comparisons})
        return
    _print_table(as_rich(recipes))
    for row in rows:
        if row.status == "failed":
            print(f"{row.recipe} seed {row.seed} failed after step {row.step}: {row.error}")
        if row.status == "changed":
            print(f"{row.recipe} seed {row.seed} is not counted: {row.error}")
    for comparison in comparisons:
        print(comparison["sentence"])


def print_incomparable(rows: Sequence[Row], as_json: bool) -> bool:
    """Print a marked table of scores that were measured differently. Return False if all are comparable."""
    from ganbench.studies.incomparable import (
        as_rich,
        incomparable_fields,
        incomparable_heading,
        incomparable_records,
    )

    fields = incomparable_fields(rows)
    if not fields:
        return False
    records = incomparable_records(rows, fields)
    if as_json:
        print_json({"unlike": fields, "mark": incomparable_heading(fields), "scores": records})
    else:
        _print_table(as_rich(records, fields))
    return True


def _print_table(table: Any) -> None:
    """Print a table, without wrapping its lines if the output is not a terminal."""
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 200).print(table)
