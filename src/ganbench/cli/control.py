"""The commands ``stop`` and ``change``."""

from __future__ import annotations

from typing import Annotated

import typer

from ganbench.cli.options import ModuleOption, RunArgument, import_modules


def stop(
    run: RunArgument,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until the run has stopped. Default: wait.")
    ] = True,
) -> None:
    """Ask the process that trains a run to save a checkpoint and end. It may be on another machine."""
    from ganbench.experiment.control import stop as stop_run

    stopped = stop_run(run, wait=wait)
    print(f"{run} {'has stopped' if stopped else 'is asked to stop'}; continue with: ganbench resume {run}")


def change(
    run: RunArgument,
    values: Annotated[
        list[str],
        typer.Argument(metavar="KEY=VALUE...", help="New values of settings, such as optimizers.G.lr=1e-4."),
    ],
    module: ModuleOption = None,
) -> None:
    """Change learning rates, weights of losses or the schedule in the midst of a run, from its next checkpoint on."""
    from ganbench.experiment.control import change as change_run
    from ganbench.recipes.overrides import parse_overrides

    is_running = change_run(run, parse_overrides(values), trusted=import_modules(module))
    when = "within about a second" if is_running else f"with the next: ganbench resume {run}"
    print(f"{run} takes the new values {when}")
