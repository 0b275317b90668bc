"""The command line's ``ganbench translate``: one's own pictures in the other domain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganbench.cli.options import ModuleOption, StepOption, step_of, trust


def translate(
    run: Annotated[Path, typer.Argument(help="A run of two domains, such as cyclegan-mnist's.")],
    images: Annotated[str, typer.Argument(help="A folder, an archive or a data set.")],
    out: Annotated[Path, typer.Option(help="A new folder, for one PNG each.")],
    back: Annotated[bool, typer.Option("--back", help="From domain b to a, not from a to b.")] = False,
    step: StepOption = None,
    module: ModuleOption = None,
) -> None:
    """Translate pictures from one domain into the other."""
    from ganbench.evaluation.translate_folder import check_folder, translate_pictures
    from ganbench.inference.model import load

    check_folder(out)
    count = translate_pictures(load(run, step_of(step), trust(module)), images, out, back=back)
    print(f"{out}  {count:,} pictures")
