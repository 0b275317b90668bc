"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

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


def trust(modules: list[Path] | None) -> set[str]:
    """Import the user's own files and return their module names."""
    from ganbench.catalogue import import_file

    return {import_file(path).__name__ for path in modules or []}


def step_of(text: str | None, *words: str) -> int | str | None:
    """Return a step as a number, or one of the words (and "best") as it is. Raises UserError for anything else."""
    if text is None or text in ("best", *words):
        return text
    if not text.isdigit():
        known = " or ".join(f"'{word}'" for word in ("best", *words))
        raise UserError(f"--step must be a number or {known}, not '{text}'")
    return int(text)
