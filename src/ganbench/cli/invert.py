"""The command ``invert``."""

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


def invert(
    run: ModelArgument,
    images: Annotated[str, typer.Argument(help="An image folder, an archive, or the name of a data set.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="A folder for latents, record and picture; an interrupted one is continued."
        ),
    ],
    n: Annotated[Optional[int], typer.Option("--n", min=1, help="Invert the first N images only.")] = None,  # noqa: UP045
    steps: Annotated[int, typer.Option(min=1, help="Steps of gradient descent for each image.")] = 400,
    starts: Annotated[
        int, typer.Option(min=1, max=512, help="Latents from which each image's descent starts.")
    ] = 24,
    rate: Annotated[float, typer.Option(help="Learning rate of the descent.")] = 0.1,
    edits: Annotated[int, typer.Option(min=0, max=20, help="Latent directions that the picture shows.")] = 3,
    label: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--class", help="The class of the images, by name or number. Default: the closest one."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Determines the starts.")] = 0,
    step: StepOption = None,
    device: ModelDeviceOption = "cpu",
    threads: ThreadsOption = None,
    module: ModuleOption = None,
) -> None:
    """Find the latents whose samples are closest to images, and show what editing them does."""
    from ganbench.evaluation.invert_folder import invert_images
    from ganbench.inference.inversion import InversionSettings
    from ganbench.utils.progress import print_note

    model = load_model(run, step, module, device, threads)
    index = None if label is None else model.class_index(label)
    settings = InversionSettings(steps=steps, starts=starts, rate=rate, seed=seed)
    record = invert_images(model, images, out, settings, label=index, n=n, edits=edits, note=print_note)
    print(f"{out}  {record['items']['count']:,} images, mean absolute difference {record['l1']:.4f}")
