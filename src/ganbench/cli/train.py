"""The command ``train``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from ganbench.cli.options import (
    BudgetOption,
    DeviceOption,
    ModuleOption,
    Overrides,
    QuietOption,
    RecipeArgument,
    ThreadsOption,
    import_modules,
    machine_overrides,
)
from ganbench.errors import UserError

TrackOption = Annotated[
    Optional[list[str]],  # noqa: UP045 (typer needs this form)
    typer.Option(
        help="Show the run in another program too: tensorboard, wandb, mlflow or trackio. May be repeated."
    ),
]


def train(
    recipe: RecipeArgument,
    overrides: Overrides = None,
    budget: BudgetOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random numbers of the run.")] = 0,
    out: Annotated[
        Optional[Path],  # noqa: UP045 (typer needs this form)
        typer.Option("--out", "-o", help="The new run folder. Default: runs/RECIPE-seedN."),
    ] = None,
    device: DeviceOption = None,
    precision: Annotated[
        Optional[Literal["fp32", "bf16"]],  # noqa: UP045
        typer.Option(help="The precision of forward passes. Default: fp32."),
    ] = None,
    threads: ThreadsOption = None,
    track: TrackOption = None,
    vectorize: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=2,
            help="Train this many seeds, from --seed on, at once in one process, where networks are fully connected. "
            "The run folders are OUT-seedN.",
        ),
    ] = None,
    module: ModuleOption = None,
    quiet: QuietOption = False,
) -> None:
    """Train a recipe in a new run folder. The recipe 'auto' chooses the settings for your images (data=folder:PATH)."""
    from ganbench.experiment.train import train as train_recipe
    from ganbench.experiment.train_seeds import train_seeds
    from ganbench.recipes.overrides import parse_overrides
    from ganbench.utils.console import console_for_stderr

    trusted = import_modules(module)
    changes = machine_overrides(
        parse_overrides(overrides or []), device=device, precision=precision, threads=threads
    )
    console = console_for_stderr()
    if vectorize is not None:
        if track:
            raise UserError("--track shows single runs; leave it out with --vectorize")
        runs = train_seeds(
            recipe,
            range(seed, seed + vectorize),
            out=out,
            budget=budget,
            overrides=changes,
            console=console,
            trusted=trusted,
        )
        for each in runs:
            print(each.path)
        return
    run = train_recipe(
        recipe,
        budget=budget,
        seed=seed,
        out=out,
        overrides=changes,
        track=track or (),
        console=console,
        trusted=trusted,
    )
    print_run_path(run.path)


def print_run_path(path: Path) -> None:
    """Print the path of a run, once for all processes of torchrun."""
    if os.environ.get("RANK", "0") == "0":
        print(path)
