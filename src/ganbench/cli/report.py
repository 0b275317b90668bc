"""The command line's ``ganbench report``: one page about a run or a study, and moving pictures of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganbench.cli.options import ModuleOption, trust
from ganbench.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL import Image

    from ganbench.runs.run import Run


def report(
    source: Annotated[Path, typer.Argument(metavar="RUN|STUDY", help="A run or a study folder.")],
    gif: Annotated[
        bool, typer.Option("--gif", help="Also a GIF of the samples through the training.")
    ] = False,
    mp4: Annotated[
        bool, typer.Option("--mp4", help="Also as MP4 what is asked for as a GIF; needs ffmpeg.")
    ] = False,
    walk: Annotated[bool, typer.Option("--walk", help="Also a walk through the latents, as a GIF.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the walk.")] = 0,
    module: ModuleOption = None,
) -> None:
    """Write one self-contained report.html into a run or study folder; a run's pictures also into pictures/."""
    from ganbench.runs.run import Run
    from ganbench.visualization.animation import require_ffmpeg

    if mp4:
        require_ffmpeg()
    if (source / "study.json").is_file():
        if gif or mp4 or walk:
            raise UserError(
                f"{source} is a study; moving pictures are made of one run, such as {source}/runs/NAME"
            )
        from ganbench.report.study_page import write_study_report
        from ganbench.studies.study import Study

        print(write_study_report(Study(source)))
        return
    from ganbench.report.page import write_report

    run, trusted = Run(source), trust(module)
    print(write_report(run, trusted))
    if gif or (mp4 and not walk):
        from ganbench.visualization.animation import timeline_pictures

        _print_all(_moving(run, "timeline", timeline_pictures(run), mp4))
    if walk:
        from ganbench.inference.model import load
        from ganbench.visualization.latent_walk import walk_frames

        _print_all(_moving(run, "walk", walk_frames(load(run, trusted=trusted), seed=seed), mp4))


def _moving(run: Run, name: str, pictures: Sequence[Image.Image], mp4: bool) -> Iterator[Path]:
    """Write moving pictures into ``pictures/`` and yield their paths; a walk does not stop at its end."""
    from ganbench.visualization.animation import write_gif, write_mp4

    run.pictures.mkdir(exist_ok=True)
    write_gif(run.pictures / f"{name}.gif", pictures, **({"hold": 0} if name == "walk" else {}))
    yield run.pictures / f"{name}.gif"
    if mp4:
        write_mp4(run.pictures / f"{name}.mp4", pictures)
        yield run.pictures / f"{name}.mp4"


def _print_all(paths: Iterator[Path]) -> None:
    for path in paths:
        print(path)
