"""The command ``sample``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ganbench.cli.options import ModuleOption, RunArgument, StepOption, step_of, trust
from ganbench.errors import UserError


def sample(
    run: RunArgument,
    out: Annotated[Path, typer.Option(help="FILE.png (a grid), FILE.npz, or a folder for one PNG each.")],
    n: Annotated[int, typer.Option("--n", min=1, help="How many.")] = 64,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    step: StepOption = None,
    class_: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--class", help="Samples of this class (its name or number) only."),
    ] = None,
    picture: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Instead: 'walks' between classes, 'sweeps' of codes, G's 'attention', "
            "'reconstructions' of real items, 'translations', 'directions' of G's first layer (FILE.png)."
        ),
    ] = None,
    interpolate: Annotated[
        bool, typer.Option("--interpolate", help="Instead: ways from each latent to the next (FILE.png).")
    ] = False,
    straight: Annotated[
        bool, typer.Option("--straight", help="Such ways on lines, not on great arcs.")
    ] = False,
    truncation: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Normal noise no further than this from 0: fewer kinds, each more typical."),
    ] = None,
    representations: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Of a run on representations, those of 'real' pictures, on a 'lerp' or 'slerp' between two, "
            "'normal' or 'uniform' random ones, or 'learned' ones."
        ),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="Of such pictures; of sweeps, for each code.")] = 5,
    module: ModuleOption = None,
) -> None:
    """Draw samples from a run."""
    from ganbench.inference.model import load
    from ganbench.visualization.export import (
        check_destination,
        choose_representations,
        picture_named,
        write_interpolations,
        write_picture,
        write_samples,
    )

    check_destination(out)
    if picture is not None and (interpolate or truncation is not None):
        raise UserError(
            f"--picture {picture} goes with neither --interpolate nor --truncation; leave out one or the other"
        )
    if straight and not interpolate:
        raise UserError("--straight says how --interpolate is to go; give both")
    model = load(run, step_of(step), trust(module))
    if representations is not None:
        choose_representations(model, representations)
    if interpolate:
        write_interpolations(model, out, rows, seed, straight=straight, truncation=truncation)
    elif picture is not None:
        write_picture(model, out, picture_named(picture), rows, seed)
    else:
        label = None if class_ is None else model.class_number(class_)
        write_samples(model, out, n, seed, label, truncation)
    print(out)
