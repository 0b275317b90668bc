"""Files that keep scores: ``eval/*.json`` of a run, and galleries of the images that illustrate a score."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.metrics.score import Score
from ganbench.runs.run import Run
from ganbench.utils.file_names import file_stem
from ganbench.utils.files import check_writable, write_bytes, write_sealed_json
from ganbench.visualization.image_grid import gallery_png


def write_results(
    run: Run,
    scores: Sequence[Score],
    model: Model,
    seed: int,
    reference: Dataset,
    *,
    against: str | None,
    held_out: str | None,
) -> None:
    """Write each score and its gallery to ``eval/``; only a score measured the same way is replaced.

    Raises:
        OSError: a file cannot be written.
    """
    info = reference.info
    run.eval.mkdir(exist_ok=True)
    for score in scores:
        parts = [
            file_stem(score.name, separators="[]:"),
            f"step-{model.step:08d}-n{score.measured['samples']}-seed{seed}",
        ]
        if model.has_average and model.weights == "live":
            parts.append("live")
        if against is not None:
            name = file_stem(info.name, separators=": ")
            parts.append(f"against-{name}-{info.fingerprint}")
        elif info.split != run.info.split:
            parts.append(file_stem(info.split))
        if held_out is not None:
            parts.append(f"held-out-{file_stem(held_out)}")
        name = "-".join(parts)
        write_sealed_json(run.eval / f"{name}.json", score.to_dict())
        if score.gallery is not None:
            write_bytes(run.eval / f"{name}.png", gallery_png(score.gallery))


class UnsavedScoresError(UserError):
    """The scores have been measured, but cannot be written to the run's ``eval/``.

    Attributes:
        scores: The scores.
    """

    def __init__(self, message: str, scores: Sequence[Score]) -> None:
        super().__init__(message)
        self.scores = scores


def check_results(run: Run) -> None:
    """Raise UserError if scores cannot be written to ``eval/``; call it before any work."""
    try:
        run.eval.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f"scores cannot be written to {run.eval}: {error.strerror}") from error
    check_writable(run.eval / "score.json")


def checkpoint_record(run: Run, step: int, seed: int) -> dict[str, Any]:
    """Say which checkpoint of a run a step is: the best (and how it was selected), the last, both, or another.

    Raises:
        UserError: it is the best, selected on the very samples to score. (Older runs selected and reported on samples
            from the same random stream.)
    """
    selection, last = run.best_score(), step == max(run.checkpoint_steps())
    if selection is None or selection["step"] != step:
        return {"checkpoint": "last" if last else "another"}
    if selection["samples_for"] != "selection" and selection["seed"] == seed:
        raise UserError(
            f"the best checkpoint of {run.path} was selected on samples of seed {seed}, so its score on them is no "
            "report; give another --seed"
        )
    return {"checkpoint": "best and last" if last else "best", "selected": selection}


def check_gallery(out: Path) -> None:
    """Raise UserError if a gallery cannot be written to a path; call it before any work."""
    if out.suffix != ".png" or not out.parent.is_dir() or out.exists():
        raise UserError(f"--gallery must be a new FILE.png in a folder that exists, not {out}")
    check_writable(out)


def write_gallery(out: Path, scores: Sequence[Score]) -> None:
    """Write the gallery of the first score that has one; warn if none has."""
    gallery = next((score.gallery for score in scores if score.gallery is not None), None)
    if gallery is None:
        names = ", ".join(score.name for score in scores)
        warnings.warn(f"{out} is not written: no pictures go with {names}", stacklevel=2)
    else:
        write_bytes(out, gallery_png(gallery))
