"""The command ``export``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from ganbench.cli.options import ModuleOption, StepOption, import_modules, parse_step


def export(
    run: Annotated[Path, typer.Argument(help="A run folder, or a model that was exported as safetensors.")],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="A new folder for the model, its card and a few results to check."),
    ],
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            help="safetensors (weights for `ganbench.load`), onnx (for ONNX Runtime and browsers) or torch (a program "
            "that torch.export.load reads without ganbench).",
        ),
    ] = "safetensors",
    part: Annotated[
        Optional[str],  # noqa: UP045 (typer needs this form)
        typer.Option(
            help="What to export as onnx or torch: the generator, the encoder or the translator. Default: the first of "
            "generator, translator and encoder that the model has."
        ),
    ] = None,
    to: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--to", help="The domain that a translator translates to. Default: the last, such as b."
        ),
    ] = None,
    step: StepOption = None,
    live: Annotated[
        bool, typer.Option("--live", help="Use the weights as trained instead of their moving average (EMA).")
    ] = False,
    representations: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="For a generator conditioned on representations: where they come from, see `sample -h`."
        ),
    ] = None,
    module: ModuleOption = None,
) -> None:
    """Export the model of a run for other programs, after comparing it with what `ganbench sample` computes."""
    from ganbench.export.export_run import export_run

    parity = export_run(
        run,
        out,
        format=format_,
        part=part,
        to=to,
        step=parse_step(step),
        weights="live" if live else "averaged",
        representations=representations,
        trusted=import_modules(module),
    )
    print(f"differs from the run's model by {parity.describe()}, for {parity.inputs} inputs", file=sys.stderr)
    print(out)
