"""The command ``resume``."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from ganbench.cli.options import (
    DeviceOption,
    ModuleOption,
    QuietOption,
    RunArgument,
    ThreadsOption,
    import_modules,
)
from ganbench.cli.train import TrackOption, print_run_path


def resume(
    run: RunArgument,
    steps: Annotated[
        Optional[int],  # noqa: UP045 (typer needs this form)
        typer.Option(min=1, help="Train up to this step. Default: the planned number of steps."),
    ] = None,
    device: DeviceOption = None,
    threads: ThreadsOption = None,
    track: TrackOption = None,
    module: ModuleOption = None,
    quiet: QuietOption = False,
) -> None:
    """Resume a run from its newest complete checkpoint, exactly as if it had not been interrupted."""
    from ganbench.experiment.train import resume as resume_run
    from ganbench.utils.console import console_for_stderr

    trusted = import_modules(module)
    console = console_for_stderr()
    resumed = resume_run(
        run,
        steps=steps,
        device=device,
        threads=threads,
        track=track or (),
        console=console,
        trusted=trusted,
    )
    print_run_path(resumed.path)
