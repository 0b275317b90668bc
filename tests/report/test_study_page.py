"""The page of a study: its table, verdicts, bands, recipes side by side, and what differs between them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.report.example import HOSTILE
from tests.report.test_page import Page
from tests.tiny import tiny

from ganbench.report.study_page import write_study_report
from ganbench.runs import Run
from ganbench.studies.study import study


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    changes = {"schedule.evaluate_every": 6, "schedule.evaluate_samples": 250}
    recipes = [tiny(name, changes) for name in ("gan-r1-ring8", "wgan-ring8")]
    made = study(recipes, seeds=2, out=tmp_path_factory.mktemp("study") / "ring", n=250, jobs=1)
    run = made.folder.run("wgan-ring8", 1)
    Run(run).events.append("failure", 12, error=HOSTILE)
    path = write_study_report(made)
    assert path == made.path / "report.html"
    assert path.stat().st_size < 8_000_000
    return Page(path.read_text())


def test_table_and_verdicts(page: Page) -> None:
    words = " ".join(page.words.split())
    for said in (
        "modes, mean [95 % interval]",
        "gan-r1-ring8 and wgan-ring8",
        "resolved",
        "arXiv 1701.07875",
        "budget",
    ):
        assert said in words, said


def test_recipes_stand_side_by_side_under_one_slider(page: Page) -> None:
    assert page.words.count(", seed 0") >= 2
    assert [p["data-step"] for p in page.pictures] == ["4", "8", "12"] * 2
    assert {p["alt"] for p in page.pictures if p["data-step"] == "4"} == {
        "gan-r1-ring8, seed 0 after step 4", "wgan-ring8, seed 0 after step 4",
    }  # fmt: skip


def test_health_of_each_run_and_differences_of_the_recipes(page: Page) -> None:
    assert "wgan-ring8 seed 1" in page.words
    assert "onerror" not in page.attributes
    assert "optimizers.D.target" in page.words or "optimizers.D.lr" in page.words
    assert "algorithm.loss.target" in page.words


def test_a_study_has_no_moving_pictures(tmp_path: Path) -> None:
    from ganbench.cli_report import report
    from ganbench.errors import UserError

    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(UserError, match="is a study; moving pictures are made of one run"):
        report(tmp_path, gif=True)
