"""The page of a study: table, verdicts, curves, timeline, and differences between the recipes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.report.example import HOSTILE, example_run
from tests.report.test_page import Page
from tests.support.training import tiny_recipe

from ganbench.dashboard.study_panel import study_page
from ganbench.report.study_page import write_study_report
from ganbench.runs.run import Run
from ganbench.studies.plan import make_plan
from ganbench.studies.study import Study
from ganbench.utils.files import read_json


def example_study(path: Path) -> Study:
    """Write a finished study of two recipes and two seeds without training."""
    recipes = [tiny_recipe(name, {"schedule.steps": 40}) for name in ("gan-r1-ring8", "wgan-ring8")]
    plan = make_plan(recipes, seeds=2)
    path.mkdir()
    plan.write(path)
    example = Study(path)
    (path / "runs").mkdir()
    for label, seed in plan.runs():
        run = example_run(example.folder.run(label, seed), label)
        (run.checkpoints / "step-00000040").mkdir()
        value = 8.0 - seed - 2 * (label == "wgan-ring8")
        score = {"name": "modes", "value": value, "better": "higher", "details": {}, "measured": {}}
        example.folder.record_scores(label, seed, [score])
        run.events.append("score", 20, **score)
        run.events.append("score", 40, **score)
    return example


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    example = example_study(tmp_path_factory.mktemp("study") / "ring")
    Run(example.folder.run("wgan-ring8", 1)).events.append("failure", 40, error=HOSTILE)
    path = write_study_report(example)
    assert path == example.path / "report.html"
    assert path.stat().st_size < 8_000_000
    return Page(path.read_text())


def test_table_and_verdicts(page: Page) -> None:
    words = " ".join(page.words.split())
    for expected in (
        "modes, mean [95 % interval]",
        "gan-r1-ring8 and wgan-ring8",
        "resolved",
        "arXiv 1701.07875",
        "budget",
    ):
        assert expected in words, expected


def test_recipes_share_one_slider(page: Page) -> None:
    assert page.words.count(", seed 0") >= 2
    assert [p["data-step"] for p in page.pictures] == ["10", "20", "30", "40"] * 2
    assert {p["alt"] for p in page.pictures if p["data-step"] == "10"} == {
        "gan-r1-ring8, seed 0 after step 10", "wgan-ring8, seed 0 after step 10",
    }  # fmt: skip


def test_health_of_each_run_and_differences_between_recipes(page: Page) -> None:
    assert "wgan-ring8 seed 1" in page.words
    assert "onerror" not in page.attributes
    assert "optimizers.D.target" in page.words or "optimizers.D.lr" in page.words
    assert "algorithm.loss.target" in page.words


def test_incomparable_runs_are_listed_and_excluded(tmp_path: Path) -> None:
    example = example_study(tmp_path / "ring")
    path = example.folder.result("wgan-ring8", 1)
    (score,) = read_json(path)["scores"]
    example.folder.record_scores("wgan-ring8", 1, [{**score, "value": 777.0, "measured": {"samples": 9}}])
    for words in (Page(write_study_report(example).read_text()).words, Page(study_page(example.path)).words):
        text = " ".join(words.split())
        assert "modes 777 (incomparable) samples differ from gan-r1-ring8 seed 0" in text
        assert "Excluded because they were measured differently: wgan-ring8 seed 1." in text
        assert "gan-r1-ring8 2 7.5" in text
        assert "wgan-ring8 1 6 " in text, "the mean of the comparable runs"
        assert "Unfinished" not in text


def test_a_study_has_no_animations(tmp_path: Path) -> None:
    from ganbench.cli.report import report
    from ganbench.errors import UserError

    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(UserError, match="is a study; animations show one run"):
        report(tmp_path, gif=True)
