"""The command ``report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganbench.cli.options import ModuleOption, import_modules
from ganbench.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL import Image

    from ganbench.runs.run import Run


def report(
    source: Annotated[Path, typer.Argument(metavar="RUN|STUDY", help="A run folder or a study folder.")],
    gif: Annotated[
        bool, typer.Option("--gif", help="Also write a GIF of the samples during training.")
    ] = False,
    mp4: Annotated[
        bool,
        typer.Option(
            "--mp4",
            help="Also write each animation as an MP4 (needs ffmpeg). Without --walk, implies --gif.",
        ),
    ] = False,
    walk: Annotated[
        bool, typer.Option("--walk", help="Also write a GIF of a walk through latent space.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the walk.")] = 0,
    module: ModuleOption = None,
) -> None:
    """Write a self-contained report.html for a run or a study. A run's figures are also saved in pictures/."""
    from ganbench.runs.run import Run
    from ganbench.visualization.animation import require_ffmpeg

    if mp4:
        require_ffmpeg()
    if (source / "study.json").is_file():
        if gif or mp4 or walk:
            raise UserError(f"{source} is a study; animations show one run, such as {source}/runs/NAME")
        from ganbench.report.study_page import write_study_report
        from ganbench.studies.study import Study

        print(write_study_report(Study(source)))
        return
    from ganbench.report.page import write_report

    run, trusted = Run(source), import_modules(module)
    print(write_report(run, trusted))
    if gif or (mp4 and not walk):
        from ganbench.visualization.animation import timeline_frames

        _print_all(_write_animation(run, "timeline", timeline_frames(run), mp4))
    if walk:
        from ganbench.inference.load import load
        from ganbench.visualization.latent_walk import render_walk

        frames = render_walk(load(run, trusted=trusted), seed=seed)
        _print_all(_write_animation(run, "walk", frames, mp4))


def _write_animation(run: Run, name: str, frames: Sequence[Image.Image], mp4: bool) -> Iterator[Path]:
    """Write an animation to ``pictures/`` and yield its paths. A walk loops without a pause at the end."""
    from ganbench.visualization.animation import write_gif, write_mp4

    run.pictures.mkdir(exist_ok=True)
    write_gif(run.pictures / f"{name}.gif", frames, **({"hold": 0} if name == "walk" else {}))
    yield run.pictures / f"{name}.gif"
    if mp4:
        write_mp4(run.pictures / f"{name}.mp4", frames)
        yield run.pictures / f"{name}.mp4"


def _print_all(paths: Iterator[Path]) -> None:
    for path in paths:
        print(path)
