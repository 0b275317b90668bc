"""The command ``sample``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ganbench.cli.options import (
    ModelArgument,
    ModelDeviceOption,
    ModuleOption,
    StepOption,
    ThreadsOption,
    load_model,
)
from ganbench.errors import UserError


def sample(
    run: ModelArgument,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="FILE.png for a grid, FILE.npz for an array, or a new folder, which gets one PNG per sample.",
        ),
    ],
    n: Annotated[int, typer.Option("--n", min=1, max=10**9, help="Number of samples.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the latents.")] = 0,
    step: StepOption = None,
    class_: Annotated[
        Optional[str],  # noqa: UP045 (typer needs this form)
        typer.Option("--class", help="Sample only this class, given by name or number."),
    ] = None,
    picture: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Draw another picture (FILE.png): 'walks' between classes, 'sweeps' of latent codes, 'attention' of "
            "the generator, 'reconstructions' of real images, 'translations' between two domains, 'directions' of "
            "the latent that change the generator's first layer most, or 'mixing' of styles."
        ),
    ] = None,
    interpolate: Annotated[
        bool,
        typer.Option("--interpolate", help="Draw interpolations from each latent to the next (FILE.png)."),
    ] = False,
    straight: Annotated[
        bool, typer.Option("--straight", help="Interpolate linearly instead of spherically.")
    ] = False,
    truncation: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            help="Keep the Gaussian noise within this distance of 0: samples get more typical and less varied. "
            "For styles: 1 changes nothing, 0 is their mean."
        ),
    ] = None,
    representations: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="For a generator conditioned on representations: take them from 'real' images, from interpolations "
            "between two real images ('lerp' or 'slerp'), at random ('normal' or 'uniform'), or from the generator "
            "that was trained to make them ('learned')."
        ),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="Rows of the picture; for sweeps, rows per code.")] = 5,
    device: ModelDeviceOption = "cpu",
    threads: ThreadsOption = None,
    module: ModuleOption = None,
) -> None:
    """Generate samples from a run, or draw a picture of its model."""
    from ganbench.visualization.export import (
        check_destination,
        parse_picture_name,
        set_representation_source,
        write_interpolations,
        write_picture,
        write_samples,
    )

    check_destination(out)
    if picture is not None and (interpolate or truncation is not None):
        raise UserError("--picture cannot be combined with --interpolate or --truncation")
    if straight and not interpolate:
        raise UserError("--straight needs --interpolate")
    model = load_model(run, step, module, device, threads)
    if representations is not None:
        set_representation_source(model, representations)
    if interpolate:
        write_interpolations(model, out, rows, seed, linear=straight, truncation=truncation)
    elif picture is not None:
        write_picture(model, out, parse_picture_name(picture), rows, seed)
    else:
        label = None if class_ is None else model.class_index(class_)
        write_samples(model, out, n, seed, label, truncation)
    print(out)
