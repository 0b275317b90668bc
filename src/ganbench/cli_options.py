"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

BudgetOption = Annotated[
    Literal["laptop", "reference"],
    typer.Option(help="How much to compute: minutes on 2 cores, or the paper's."),
]
ModuleOption = Annotated[
    Optional[list[Path]],  # noqa: UP045 (typer reads this form)
    typer.Option("--module", help="A Python file of yours whose parts the recipe uses; its code is run."),
]


def trust(modules: list[Path] | None) -> set[str]:
    """Import the user's own files and return their module names."""
    from ganbench.catalogue import import_file

    return {import_file(path).__name__ for path in modules or []}
