"""A page stays below its limit and says what it omits."""

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
from ganbench.report.page_budget import PageBudget, build_within_limit
from ganbench.runs.run import Run

LIMIT = 8_000_000


def lines(count: int, steps: int) -> Chart:
    """Return a chart of ``count`` lines with a peak in the middle."""
    values = [100.0 if step == steps // 2 else 1.0 for step in range(steps)]
    chart_lines = [Line(name=str(i), steps=range(steps), values=values) for i in range(count)]
    return Chart(title="lines", views={"a view": chart_lines})


def test_lines_share_the_budget_and_keep_their_peaks() -> None:
    budget = PageBudget(timeline_chars=0, image_bytes=0, chart_points=400)
    text = budget.charts([lines(10, 1000)])
    assert list(budget.notes) == [
        "Lines in charts show at most 40 of up to 1,000 points: the minimum and maximum of each interval."
    ]
    assert text.count("100.0") == 10
    assert text.count("1.0,") <= 400


def test_charts_within_the_budget_are_not_thinned() -> None:
    budget = PageBudget(timeline_chars=0, image_bytes=0, chart_points=10_000)
    assert budget.charts([lines(2, 1000)]).count("1.0,") == 2 * 998, "all but the peak and the last point"
    assert not budget.notes


def test_the_largest_budget_that_fits_is_used() -> None:
    budgets: list[PageBudget] = []

    def build(budget: PageBudget) -> str:
        budgets.append(budget)
        return "é" * (500 + budget.image_bytes)

    assert len(build_within_limit(build, max_bytes=120_000).encode()) <= 120_000
    assert [budget.image_bytes for budget in budgets] == sorted(
        (budget.image_bytes for budget in budgets), reverse=True
    )
    with pytest.raises(UserError, match="1,000 bytes even without images and charts; the limit is 900"):
        build_within_limit(build, max_bytes=900)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return example_run(tmp_path / "run")


def test_a_large_run_is_thinned_and_the_page_says_how(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganbench.report.figure_files.layers_picture", lambda *_: b"")  # the slowest part
    noise = Image.effect_noise((330, 330), 90).convert("RGB")
    noise.save(run.samples / "step-00000001.png")
    for step in range(2, 62):
        shutil.copy(run.samples / "step-00000001.png", run.samples / f"step-{step:08d}.png")
    _many_layers(run, reports=300, layers=100)
    path = write_report(run)
    page = Page(path.read_text())
    assert path.stat().st_size <= LIMIT
    steps = [int(p["data-step"] or 0) for p in page.pictures if "data-step" in p]
    assert {1, 61} <= set(steps), "the first and the last are kept"
    notes = page.words.partition("Omitted to keep this page")[2]
    assert "of 61 pictures of samples of the same latents are shown" in notes
    assert "of up to 304 points: the minimum and maximum of each interval" in notes
    assert page.words.count("Layers of ") >= 2


def _many_layers(run: Run, reports: int, layers: int) -> None:
    values = [0.12345, 1.2345, 2.3456]
    parameters: Mapping[str, list[float]] = {f"D.layers.{i}.weight": values for i in range(layers)}
    for step in range(41, 41 + reports):
        run.events.append("layers", step, parameters=parameters)


def test_many_damaged_parts_do_not_fill_the_page(run: Run) -> None:
    for step in range(300):
        run.events.append("layers", step, parameters={"D.x": step})
    page = Page(write_report(run).read_text())
    assert "Only the first 200 of 300 damaged parts are shown" in page.words
