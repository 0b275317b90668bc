"""Arguments and options that several commands share, and helpers to parse and print values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from ganbench.errors import UserError

BudgetOption = Annotated[
    Optional[str],  # noqa: UP045 (typer needs this form)
    typer.Option(
        help="How long to train: laptop (minutes on 2 cores), hour (larger networks; some recipes only), "
        "reference (as in the paper; the default), or a duration such as 20m: the laptop version, with as many "
        "steps as fit into that time. 'auto' needs a duration; its default is 10m."
    ),
]
ModuleOption = Annotated[
    Optional[list[Path]],  # noqa: UP045
    typer.Option(
        "--module",
        help="A Python file with parts that the recipe uses; its code is executed. May be repeated.",
    ),
]
StepOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="The checkpoint to use: a step number or 'best'. Default: the newest."),
]
RunArgument = Annotated[Path, typer.Argument(help="A run folder.")]
RecipeArgument = Annotated[
    str, typer.Argument(help="A recipe name, a YAML or JSON file, file.py:function, or 'auto'.")
]
Overrides = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Argument(metavar="KEY=VALUE", help="Overrides such as optimizers.G.lr=1e-4 or data=mnist."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def import_modules(paths: list[Path] | None) -> set[str]:
    """Import the user's own Python files and return their module names."""
    from ganbench.recipes.registry import import_file

    return {import_file(path).__name__ for path in paths or []}


def parse_step(text: str | None, *words: str) -> int | str | None:
    """Return a step number as an int, and None, "best" or one of ``words`` unchanged. Otherwise raise UserError."""
    if text is None or text in ("best", *words):
        return text
    if not text.isdigit():
        allowed = " or ".join(f"'{word}'" for word in ("best", *words))
        raise UserError(f"--step must be a number or {allowed}, not '{text}'")
    return int(text)


def split_names(text: str) -> list[str]:
    """Return the names in a comma-separated list."""
    return [name.strip() for name in text.split(",") if name.strip()]


def split_numbers(text: str, option: str) -> list[int]:
    """Return the whole numbers in a comma-separated list. Raises UserError, naming the option, for anything else."""
    try:
        return [int(number) for number in split_names(text)]
    except ValueError as error:
        raise UserError(f"{option} takes whole numbers separated by commas, not '{text}'") from error


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=1))
