"""Options that several commands share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from ganbench.errors import UserError

TimeOption = Annotated[
    Optional[str],  # noqa: UP045 (typer reads this form)
    typer.Option(
        help="How much to compute: laptop (minutes on 2 cores), hour (wider networks, some recipes), reference (the "
        "paper's, the default), or a time for the laptop's: 20m (10m is auto's default)."
    ),
]
ModuleOption = Annotated[
    Optional[list[Path]],  # noqa: UP045 (typer reads this form)
    typer.Option("--module", help="A Python file of yours whose parts the recipe uses; its code is run."),
]
StepOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Which checkpoint: a step, or 'best'; default the newest."),
]
RunArgument = Annotated[Path, typer.Argument(help="A run folder.")]
RecipeArgument = Annotated[
    str, typer.Argument(help="A name, a YAML or JSON file, file.py:function, or auto.")
]
Overrides = Annotated[
    Optional[list[str]],  # noqa: UP045 (typer reads this form)
    typer.Argument(metavar="KEY=VALUE ...", help="Changes, such as optimizers.G.lr=1e-4 data=mnist."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def trust(modules: list[Path] | None) -> set[str]:
    """Import the user's own files and return their module names."""
    from ganbench.recipes.registry import import_file

    return {import_file(path).__name__ for path in modules or []}


def step_of(text: str | None, *words: str) -> int | str | None:
    """Return a step as a number, or one of the words (and "best") as it is. Raises UserError for anything else."""
    if text is None or text in ("best", *words):
        return text
    if not text.isdigit():
        known = " or ".join(f"'{word}'" for word in ("best", *words))
        raise UserError(f"--step must be a number or {known}, not '{text}'")
    return int(text)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=1))
