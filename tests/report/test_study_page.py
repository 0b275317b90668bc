"""The page of a study: its table, verdicts, bands, recipes side by side, and what differs between them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.report.example import HOSTILE, example_run
from tests.report.test_page import Page
from tests.support.tiny import tiny

from ganbench.dashboard.study_panel import study
from ganbench.report.study_page import write_study_report
from ganbench.runs.run import Run
from ganbench.studies.plan import make_plan
from ganbench.studies.study import Study
from ganbench.utils.files import read_json


def by_hand(path: Path) -> Study:
    """A finished study of two recipes and two seeds, of which nothing was trained."""
    recipes = [tiny(name, {"schedule.steps": 40}) for name in ("gan-r1-ring8", "wgan-ring8")]
    plan = make_plan(recipes, seeds=2)
    path.mkdir()
    plan.write(path)
    made = Study(path)
    (path / "runs").mkdir()
    for label, seed in plan.jobs():
        run = example_run(made.folder.run(label, seed), label)
        (run.checkpoints / "step-00000040").mkdir()
        value = 8.0 - seed - 2 * (label == "wgan-ring8")
        score = {"name": "modes", "value": value, "better": "higher", "details": {}, "measured": {}}
        made.folder.record_scores(label, seed, [score])
        run.events.append("score", 20, **score)
        run.events.append("score", 40, **score)
    return made


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    made = by_hand(tmp_path_factory.mktemp("study") / "ring")
    Run(made.folder.run("wgan-ring8", 1)).events.append("failure", 40, error=HOSTILE)
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
    assert [p["data-step"] for p in page.pictures] == ["10", "20", "30", "40"] * 2
    assert {p["alt"] for p in page.pictures if p["data-step"] == "10"} == {
        "gan-r1-ring8, seed 0 after step 10", "wgan-ring8, seed 0 after step 10",
    }  # fmt: skip


def test_health_of_each_run_and_differences_of_the_recipes(page: Page) -> None:
    assert "wgan-ring8 seed 1" in page.words
    assert "onerror" not in page.attributes
    assert "optimizers.D.target" in page.words or "optimizers.D.lr" in page.words
    assert "algorithm.loss.target" in page.words


def test_runs_that_were_measured_differently_are_marked_and_left_out(tmp_path: Path) -> None:
    made = by_hand(tmp_path / "ring")
    path = made.folder.result("wgan-ring8", 1)
    (score,) = read_json(path)["scores"]
    made.folder.record_scores("wgan-ring8", 1, [{**score, "value": 777.0, "measured": {"samples": 9}}])
    for words in (Page(write_study_report(made).read_text()).words, Page(study(made.path)).words):
        said = " ".join(words.split())
        assert "modes 777 (unlike) samples differ from gan-r1-ring8 seed 0" in said
        assert "Left out, as measured differently: wgan-ring8 seed 1." in said
        assert "gan-r1-ring8 2 7.5" in said
        assert "wgan-ring8 1 6 " in said, "the mean of what is like the others"
        assert "not finished" not in said


def test_a_study_has_no_moving_pictures(tmp_path: Path) -> None:
    from ganbench.cli.report import report
    from ganbench.errors import UserError

    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(UserError, match="is a study; moving pictures are made of one run"):
        report(tmp_path, gif=True)
