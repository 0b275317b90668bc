"""Sample panels of a study: a row for each recipe, from left to right through its training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganbench.runs.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

_DARK = 60  # of 255: darker than this is the line of a diagram's frame


def panel_steps(there: list[int], steps: int, columns: int) -> list[int | None]:
    """Return, of the steps that have pictures, those nearest to equal shares of the training; each one once.

    The last column is the end of the training. None where no picture is near enough: a run that was cut has none
    for what it did not reach.
    """
    chosen: list[int | None] = []
    for i in range(1, columns + 1):
        wanted = steps * i / columns
        near = [s for s in there if abs(s - wanted) <= steps / columns / 2 and s not in chosen]
        chosen.append(min(near, key=lambda s: abs(s - wanted)) if near else None)
    return chosen


def draw_panels(figure: FigureBase, runs: Mapping[str, tuple[Run, int]], columns: int) -> None:
    """Draw a row of pictures for each recipe, from one run and its number of steps; each panel names its step."""
    grid = figure.subplots(len(runs), columns, squeeze=False)
    for row, (label, (run, steps)) in zip(grid, runs.items(), strict=True):
        pictures = _pictures(run)
        for axes, step in zip(row, panel_steps(sorted(pictures), steps, columns), strict=True):
            axes.set_xticks([])
            axes.set_yticks([])
            if step is None:
                axes.axis("off")
                continue
            axes.imshow(framed(pictures[step]), interpolation="antialiased")
            axes.set_title(f"step {step:,}", fontsize=7, pad=2)
        row[0].axis("on")
        row[0].set_ylabel(label, fontsize=8, rotation=0, ha="right", va="center")


def most_columns(runs: Mapping[str, tuple[Run, int]], most: int) -> int:
    """Return how many columns there are pictures for, at most ``most`` and at least 1."""
    return max(1, min(most, max((len(_pictures(run)) for run, _ in runs.values()), default=1)))


def framed(path: Path) -> NDArray[np.uint8]:
    """Return a sample picture ``[H, W, 3]``; of a diagram only what is inside its frame."""
    with Image.open(path) as image:
        picture = np.asarray(image.convert("RGB"))
    dark = (picture < _DARK).all(axis=2)
    rows, columns = (np.flatnonzero(dark.mean(axis=axis) > 0.5) for axis in (1, 0))
    if len(rows) < 2 or len(columns) < 2 or min(np.ptp(rows), np.ptp(columns)) < min(picture.shape[:2]) / 2:
        return picture
    return picture[rows[0] + 1 : rows[-1], columns[0] + 1 : columns[-1]]


def _pictures(run: Run) -> dict[int, Path]:
    return {int(path.stem.removeprefix("step-")): path for path in run.samples.glob("step-*.png")}
