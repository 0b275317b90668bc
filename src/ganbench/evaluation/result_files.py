"""TODO."""

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
from ganbench.utils.files import write_bytes, write_json
from ganbench.visualization.image_grid import png_of_grid


def check_gallery(out: Path) -> None:
    """Raise UserError if a gallery cannot be written there; ask before any work is done."""
    if out.suffix != ".png" or not out.parent.is_dir() or out.exists():
        raise UserError(f"--gallery must be a new FILE.png in a folder that exists, not {out}")


def write_gallery(out: Path, scores: Sequence[Score]) -> None:
    """Write the pictures that go with the first score that has some; it is a warning if none has."""
    found = next((score.gallery for score in scores if score.gallery is not None), None)
    if found is None:
        names = ", ".join(score.name for score in scores)
        warnings.warn(f"{out} is not written: no pictures go with {names}", stacklevel=2)
    else:
        write_bytes(out, png_of_grid(found))


def _keep(
    run: Run,
    scores: Sequence[Score],
    model: Model,
    seed: int,
    reference: Dataset,
    against: str | None,
    held_out: str | None,
) -> None:
    """Write each score, and the pictures that go with it, to ``eval/``; none replaces one measured otherwise."""
    info, run_info = reference.info, run.info
    run.eval.mkdir(exist_ok=True)
    for score in scores:
        label = f"{score.name} step-{model.step:08d} n{score.measured['samples']} seed{seed}"
        if model.keeps_average and model.weights == "live":
            label += " live"
        if against is not None:
            label += f" against {info.name} {info.fingerprint}"
        elif info.split != run_info.split:
            label += f" {info.split}"
        if held_out is not None:
            label += f" held out {held_out}"
        write_json(run.eval / f"{_file_name(label)}.json", score.to_dict())
        if score.gallery is not None:
            write_bytes(run.eval / f"{_file_name(label)}.png", png_of_grid(score.gallery))


def _file_name(label: str) -> str:
    return "-".join("".join(c if c.isalnum() or c in "-@." else " " for c in label).split())


def _which(run: Run, step: int, seed: int) -> dict[str, Any]:
    """Say which checkpoint of a run it is: the best, and by what it was selected, the last, both, or another.

    Raises UserError for the best if it was selected on the very samples that are asked for. (Runs of earlier
    versions drew those for both from one stream.)
    """
    selection = run.selection()
    if selection is None or selection["step"] != step:
        return {"checkpoint": "last" if step == max(run.checkpoint_steps()) else "another"}
    if selection["samples_for"] != "selection" and selection["seed"] == seed:
        raise UserError(
            f"the best checkpoint of {run.path} was selected on samples of seed {seed}, so its score on them is no "
            "report; give another --seed"
        )
    last = step == max(run.checkpoint_steps())
    return {"checkpoint": "best and last" if last else "best", "selected": selection}
