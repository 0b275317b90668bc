"""Which pictures of a run a study's panels show, and how they are cropped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from ganbench.data.toy import ring8
from ganbench.runs.run import Run
from ganbench.studies.panels import crop_to_frame, draw_panels, evenly_spaced_steps
from ganbench.visualization.image_grid import sample_picture


@pytest.mark.parametrize(
    ("available", "columns", "expected"),
    [
        ([200, 400, 600, 800, 1000], 5, [200, 400, 600, 800, 1000]),
        ([100 * i for i in range(1, 11)], 2, [500, 1000]),
        ([300, 600, 900, 1000], 2, [600, 1000]),
        ([500, 1000], 4, [None, 500, None, 1000]),
        ([200], 5, [200, None, None, None, None]),
        ([], 3, [None, None, None]),
    ],
)
def test_evenly_spaced_steps(available: list[int], columns: int, expected: list[int | None]) -> None:
    assert evenly_spaced_steps(available, 1000, columns) == expected


@given(st.sets(st.integers(1, 60)), st.integers(1, 6))
def test_panels_are_in_order_and_show_each_step_once(available: set[int], columns: int) -> None:
    steps = [step for step in evenly_spaced_steps(sorted(available), 60, columns) if step is not None]
    assert steps == sorted(set(steps))
    assert set(steps) <= available
    if 60 in available:
        assert steps[-1] == 60


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run folder with pictures of the steps 2, 4 and 6."""
    (tmp_path / "samples").mkdir()
    (tmp_path / "recipe.json").write_text("{}")
    for step in (2, 4, 6):
        Image.fromarray(np.full((8, 8, 3), 200, np.uint8)).save(tmp_path / "samples" / f"step-{step:08d}.png")
    return Run(tmp_path)


@pytest.mark.parametrize(
    ("chosen", "titles"),
    [((), ["step 2", "step 6"]), ((2, 4, 5, 6), ["step 2", "step 4", "", "step 6"]), ((6,), ["step 6"])],
)
def test_panels_show_the_chosen_steps(run: Run, chosen: tuple[int, ...], titles: list[str]) -> None:
    figure = Figure()
    draw_panels(figure, {"gan": (run, 6)}, 2, chosen)
    assert [axes.get_title() for axes in figure.axes] == titles


def test_plots_are_cropped_to_their_frame_and_pictures_are_not(tmp_path: Path) -> None:
    data = ring8(points=20)
    points = data.items(torch.arange(160))
    (tmp_path / "points.png").write_bytes(sample_picture(data.info, points, points, "step 5"))
    full, inside = (
        np.asarray(Image.open(tmp_path / "points.png").convert("RGB")),
        crop_to_frame(tmp_path / "points.png"),
    )
    assert all(0.7 * w < i < w for w, i in zip(full.shape[:2], inside.shape[:2], strict=True))
    assert abs(inside.shape[0] - inside.shape[1]) <= 2
    edges = np.concatenate([inside[0], inside[-1], inside[:, 0], inside[:, -1]])
    assert edges.max(axis=1).min() > 60  # no pixel of the frame is left
    Image.fromarray(np.full((40, 40, 3), 255, np.uint8)).save(tmp_path / "picture.png")
    assert crop_to_frame(tmp_path / "picture.png").shape == (40, 40, 3)
