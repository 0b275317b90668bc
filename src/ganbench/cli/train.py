"""The commands ``train`` and ``resume``: make a run, or go on with one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Optional

import typer

from ganbench.cli.options import (
    ModuleOption,
    Overrides,
    RecipeArgument,
    RunArgument,
    TimeOption,
    trust,
)


def train(
    recipe: RecipeArgument,
    overrides: Overrides = None,
    budget: TimeOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides every random number of the run.")] = 0,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The run folder to make; default runs/RECIPE-seedN."),
    ] = None,
    tensorboard: Annotated[bool, typer.Option(help="Mirror scalars for TensorBoard.")] = False,
    module: ModuleOption = None,
) -> None:
    """Train a recipe in a new run folder; auto is chosen for your pictures (data=folder:PATH)."""
    from ganbench.experiment.train import train as train_recipe
    from ganbench.recipes.base import parse_overrides
    from ganbench.utils.console import console_for_stderr

    trusted = trust(module)
    run = train_recipe(
        recipe,
        budget=budget,
        seed=seed,
        out=out,
        overrides=parse_overrides(overrides or []),
        tensorboard=tensorboard,
        console=console_for_stderr(),
        trusted=trusted,
    )
    _print_path(run.path)


def resume(
    run: RunArgument,
    steps: Annotated[Optional[int], typer.Option(min=1, help="Train up to this step.")] = None,  # noqa: UP045
    tensorboard: Annotated[bool, typer.Option(help="Mirror scalars for TensorBoard.")] = False,
    module: ModuleOption = None,
) -> None:
    """Go on with a run from its newest whole checkpoint, exactly as if it had not stopped."""
    from ganbench.experiment.train import resume as resume_run
    from ganbench.utils.console import console_for_stderr

    trusted = trust(module)
    console = console_for_stderr()
    _print_path(resume_run(run, steps=steps, tensorboard=tensorboard, console=console, trusted=trusted).path)


def _print_path(path: Path) -> None:
    if os.environ.get("RANK", "0") == "0":  # one answer, also under torchrun
        print(path)
