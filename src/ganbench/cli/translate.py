"""The command ``translate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganbench.cli.options import ModelDeviceOption, ModuleOption, StepOption, ThreadsOption, load_model


def translate(
    run: Annotated[
        Path, typer.Argument(help="A run folder of a model that translates, such as cyclegan-mnist.")
    ],
    images: Annotated[str, typer.Argument(help="An image folder, an archive, or the name of a data set.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="A new folder for the translations, one PNG each.")
    ],
    to: Annotated[
        str,
        typer.Option("--to", help="The domain to translate to: b, a, or a class of the data such as red."),
    ] = "b",
    back: Annotated[bool, typer.Option("--back", help="The same as --to a.")] = False,
    step: StepOption = None,
    device: ModelDeviceOption = "cpu",
    threads: ThreadsOption = None,
    module: ModuleOption = None,
) -> None:
    """Translate images to another domain."""
    from ganbench.evaluation.translate_folder import check_folder, translate_images

    check_folder(out)
    model = load_model(run, step, module, device, threads)
    count = translate_images(model, images, out, target="a" if back else to)
    print(f"{out}  {count:,} images")
