"""Sample panels of a study: one row per recipe, from left to right through its training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ganbench.data.io.decode import BrokenImageError
from ganbench.runs.run import Run
from ganbench.visualization.frames import list_frames, read_picture

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

_FRAME_LEVEL = 60  # of 255: the frame line of a plot is darker than this


def evenly_spaced_steps(available: Sequence[int], steps: int, columns: int) -> list[int | None]:
    """Return, for equal shares of the training, the nearest step that has a picture; each step at most once.

    The last column is the end of the training. An entry is None where no picture is near enough, as for the part
    that an interrupted run did not reach.
    """
    selected: list[int | None] = []
    for i in range(1, columns + 1):
        target = steps * i / columns
        near = [s for s in available if abs(s - target) <= steps / columns / 2 and s not in selected]
        selected.append(min(near, key=lambda s: abs(s - target)) if near else None)
    return selected


def draw_panels(
    figure: FigureBase, runs: Mapping[str, tuple[Run, int]], columns: int, chosen: Sequence[int] = ()
) -> None:
    """Draw one row of sample pictures per recipe, from a run and its number of steps; each panel names its step.

    ``chosen`` are the steps of the columns; without them, each row has equal shares of its training. A panel is empty
    if there is no picture of its step.
    """
    columns = len(chosen) or columns
    grid = figure.subplots(len(runs), columns, squeeze=False)
    for row, (label, (run, steps)) in zip(grid, runs.items(), strict=True):
        pictures = _pictures(run)
        if chosen:
            shown = [step if step in pictures else None for step in chosen]
        else:
            shown = evenly_spaced_steps(sorted(pictures), steps, columns)
        for axes, step in zip(row, shown, strict=True):
            axes.set_xticks([])
            axes.set_yticks([])
            if step is None:
                axes.axis("off")
                continue
            try:
                axes.imshow(crop_to_frame(pictures[step]), interpolation="antialiased")
                axes.set_title(f"step {step:,}", fontsize=7, pad=2)
            except BrokenImageError:
                axes.set_title(f"step {step:,}: damaged", fontsize=7, pad=2)
        row[0].axis("on")
        row[0].set_ylabel(label, fontsize=8, rotation=0, ha="right", va="center")


def panel_columns(runs: Mapping[str, tuple[Run, int]], max_columns: int) -> int:
    """Return the largest number of pictures of any run, between 1 and ``max_columns``."""
    return max(1, min(max_columns, max((len(_pictures(run)) for run, _ in runs.values()), default=1)))


def crop_to_frame(path: Path) -> NDArray[np.uint8]:
    """Return a sample picture ``[H, W, 3]``; a plot is cropped to the inside of its frame.

    Raises:
        BrokenImageError: the file cannot be read.
    """
    picture = np.asarray(read_picture(path))
    dark = (picture < _FRAME_LEVEL).all(axis=2)
    rows, columns = (np.flatnonzero(dark.mean(axis=axis) > 0.5) for axis in (1, 0))
    if len(rows) < 2 or len(columns) < 2 or min(np.ptp(rows), np.ptp(columns)) < min(picture.shape[:2]) / 2:
        return picture
    return picture[rows[0] + 1 : rows[-1], columns[0] + 1 : columns[-1]]


def _pictures(run: Run) -> dict[int, Path]:
    return {frame.step: frame.path for frame in list_frames(run.samples)}
