"""A page stays below its limit, and says what that cost."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image
from tests.report.example import example_run
from tests.report.test_page import Page

from ganbench.errors import UserError
from ganbench.report.chart import Chart, Line
from ganbench.report.page import write_report
from ganbench.report.page_budget import PageBudget, within_limit
from ganbench.runs.run import Run

LIMIT = 8_000_000


def lines(count: int, steps: int) -> Chart:
    """A chart of so many lines, each with a peak in its middle."""
    values = [100.0 if step == steps // 2 else 1.0 for step in range(steps)]
    made = [Line(name=str(i), steps=range(steps), values=values) for i in range(count)]
    return Chart(title="lines", views={"a view": made})


def test_lines_share_the_points_and_keep_their_peaks() -> None:
    room = PageBudget(frames=0, picture=0, points=400)
    text = room.charts([lines(10, 1000)])
    assert list(room.notes) == [
        "Of up to 1,000 reports a line in a chart shows at most 40: the least and the most of each stretch."
    ]
    assert text.count("100.0") == 10
    assert text.count("1.0,") <= 400


def test_what_fits_is_not_thinned_and_nothing_is_said() -> None:
    room = PageBudget(frames=0, picture=0, points=10_000)
    assert room.charts([lines(2, 1000)]).count("1.0,") == 2 * 998, "all but the peak and the last"
    assert not room.notes


def test_the_fullest_page_that_fits_is_taken_and_one_that_cannot_fit_is_refused() -> None:
    tried: list[PageBudget] = []

    def build(room: PageBudget) -> str:
        tried.append(room)
        return "é" * (500 + room.picture)

    assert len(within_limit(build, limit=120_000).encode()) <= 120_000
    assert [room.picture for room in tried] == sorted((room.picture for room in tried), reverse=True)
    with pytest.raises(UserError, match="1,000 bytes without any picture or chart; the limit is 900"):
        within_limit(build, limit=900)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return example_run(tmp_path / "run")


def test_a_run_too_large_for_a_page_is_thinned_and_the_page_says_what_was_left_out(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ganbench.report.figure_files.layers_picture", lambda *_: b""
    )  # which would take most of the time
    noise = Image.effect_noise((330, 330), 90).convert("RGB")
    noise.save(run.samples / "step-00000001.png")
    for step in range(2, 62):
        shutil.copy(run.samples / "step-00000001.png", run.samples / f"step-{step:08d}.png")
    _many_layers(run, reports=300, layers=100)
    path = write_report(run)
    page = Page(path.read_text())
    assert path.stat().st_size <= LIMIT
    steps = [int(p["data-step"] or 0) for p in page.pictures if "data-step" in p]
    assert {1, 61} <= set(steps), "the first and the last are there"
    said = page.words.partition("Left out of this page")[2]
    assert "Of 61 pictures of samples of the same latents" in said
    assert "Of up to 304 reports a line in a chart shows at most" in said
    assert page.words.count("Layers of ") >= 2


def _many_layers(run: Run, reports: int, layers: int) -> None:
    values = [0.12345, 1.2345, 2.3456]
    told: Mapping[str, list[float]] = {f"D.layers.{i}.weight": values for i in range(layers)}
    for step in range(41, 41 + reports):
        run.events.append("layers", step, parameters=told)


def test_many_damaged_parts_do_not_fill_the_page(run: Run) -> None:
    for step in range(300):
        run.events.append("layers", step, parameters={"D.x": step})
    page = Page(write_report(run).read_text())
    assert "Of 300 damaged parts the first 200 are shown" in page.words
