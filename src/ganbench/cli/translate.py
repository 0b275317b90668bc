"""The command ``translate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganbench.cli.options import ModelDeviceOption, ModuleOption, StepOption, ThreadsOption, load_model


def translate(
    run: Annotated[
        Path, typer.Argument(help="A run folder of a model with two domains, such as cyclegan-mnist.")
    ],
    images: Annotated[str, typer.Argument(help="An image folder, an archive, or the name of a data set.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="A new folder for the translations, one PNG each.")
    ],
    back: Annotated[
        bool, typer.Option("--back", help="Translate from domain b to domain a instead of from a to b.")
    ] = False,
    step: StepOption = None,
    device: ModelDeviceOption = "cpu",
    threads: ThreadsOption = None,
    module: ModuleOption = None,
) -> None:
    """Translate images from one domain to the other."""
    from ganbench.evaluation.translate_folder import check_folder, translate_images

    check_folder(out)
    model = load_model(run, step, module, device, threads)
    count = translate_images(model, images, out, target="a" if back else "b")
    print(f"{out}  {count:,} images")
