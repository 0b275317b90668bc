from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.edit import edit_json
from tests.support.training import tiny_recipe

import ganbench
from ganbench.errors import UserError
from ganbench.experiment.closing import close_run
from ganbench.experiment.train import resume, train
from ganbench.runs.run import Run
from ganbench.utils.console import SilentConsole


class Recording(SilentConsole):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)

    def warn(self, text: str) -> None:
        self.lines.append(f"warning: {text}")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return train(tiny_recipe("gan-ring8", {"schedule.evaluate_every": 4}), out=tmp_path / "run")


def lines_of(run: Run, step: int = 12) -> list[str]:
    console = Recording()
    close_run(run, [], step, console)
    return console.lines


def test_the_best_step_and_the_health(run: Run) -> None:
    best, health = lines_of(run)
    assert best.startswith("best of 3 evaluated steps: ")
    assert health == (
        "health: too young to judge: the health rules found no problem in 12 steps, but most need about 1,000"
    )
    assert lines_of(run, 1000)[1] == "health: the health rules found no problem"
    assert not list((run.path / "eval").glob("step-*seed*"))


def test_a_run_whose_recipe_was_chosen_by_rules_is_scored(run: Run) -> None:
    edit_json(run.path / "meta.json", lambda meta: meta.update(chosen=["because"]))
    line = lines_of(run)[1]
    (score,) = ganbench.evaluate(run)
    assert line.startswith(f"score: modes {score.value:.4g} (")
    assert line.endswith("), higher is better")


def test_a_score_is_not_measured_again_by_resuming_a_finished_run(run: Run) -> None:
    edit_json(run.path / "meta.json", lambda meta: meta.update(chosen=["because"]))
    assert lines_of(run)[1].startswith("score: modes")
    (file,) = run.eval.glob("*.json")
    written = file.stat().st_mtime_ns
    again = Recording()
    resume(run, console=again)
    assert "all 12 steps are trained; --steps 24 would train as many again" in again.lines
    stored = f"score: in {run.eval} already; `ganbench evaluate {run.path}` measures it again"
    assert stored in again.lines
    assert file.stat().st_mtime_ns == written
    resume(run, steps=14, console=again)
    assert again.lines[-2].startswith("score: modes")


def test_without_a_score_the_run_is_complete(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise UserError("no features")

    edit_json(run.path / "meta.json", lambda meta: meta.update(chosen=["because"]))
    monkeypatch.setattr("ganbench.experiment.closing.evaluate", fail)
    assert lines_of(run)[1] == "warning: the run is complete but has no score: no features"


def test_train_and_resume_end_with_it(tmp_path: Path) -> None:
    console = Recording()
    recipe = tiny_recipe("gan-ring8")
    run = train(recipe, out=tmp_path / "run", console=console)
    assert console.lines[0].startswith("run: ")
    assert console.lines[-1].startswith("health: too young to judge")
    edit_json(run.path / "meta.json", lambda meta: meta.update(chosen=["because"]))
    again = Recording()
    resume(run, steps=14, console=again)
    assert again.lines[0].startswith("run: ")
    assert [line.partition(" ")[0] for line in again.lines[-2:]] == ["score:", "health:"]
