"""A search from its first trial to its study, with stub worker processes."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from tests.studies.conftest import StubStudy
from tests.support.training import read_files

from ganbench.errors import Stopped, UserError
from ganbench.studies.plan import Plan
from ganbench.studies.search.search import search_study
from ganbench.studies.search.settings import SearchOutcome
from ganbench.studies.study import Study

pytest.importorskip("optuna", reason="Optuna is not installed")
RECIPE, SPACE = ["gan-ring8"], ["optimizers.G.lr=1e-4..1e-2:log"]


class Searches:
    """Searches of stub workers in one folder."""

    def __init__(self, stubs: StubStudy) -> None:
        self.stubs, self.path = stubs, stubs.path

    def run(self, behaviour: Any = None, **options: Any) -> Study:
        self.stubs.prepare(behaviour or {})
        settings: dict[str, Any] = {"trials": 3, "search_seeds": 1, "seeds": 1, "jobs": 1}
        settings |= {"recipes": RECIPE, "search": SPACE, "budget": "laptop", "n": 250, "out": self.path}
        settings |= {"overrides": {"schedule.steps": 10, "data.points": 5}}
        return search_study(**{**settings, **options})

    def trained(self) -> list[str]:
        """Return the runs that the last search trained or resumed."""
        return [c.split()[1] for c in self.stubs.commands() if c.split()[0] in ("train", "resume")]


@pytest.fixture
def searches(stub_study: StubStudy) -> Searches:
    return Searches(stub_study)


def test_the_best_trial_is_compared_on_seeds_that_no_trial_has_used(searches: Searches) -> None:
    result = searches.run({"trial-0-seed1000": 3, "trial-1-seed1000": 7, "trial-2-seed1000": 5})
    outcome = SearchOutcome.read(result.path)
    assert outcome is not None
    assert (outcome.best, outcome.mean, outcome.score) == (1, 7.0, "modes")
    assert (outcome.finished, outcome.pruned, outcome.failed, outcome.seeds) == (3, 0, 0, 1)
    assert list(result.plan.recipes) == ["gan-ring8", "gan-ring8-trial1"]
    assert {(row.recipe, row.seed, row.status) for row in result.rows()} == {
        ("gan-ring8", 0, "finished"), ("gan-ring8-trial1", 0, "finished"),
    }  # fmt: skip
    best = result.plan.recipes["gan-ring8-trial1"]["optimizers"]["G"]["lr"]
    assert best == outcome.overrides["optimizers.G.lr"]
    assert 1e-4 <= best <= 1e-2
    assert best != result.plan.recipes["gan-ring8"]["optimizers"]["G"]["lr"]
    text = outcome.describe()
    assert "search: 3 trials of optimizers.G.lr (3 finished, 0 pruned, 0 failed) with 1 seed each" in text
    assert "That number is the best of 3 and flatters it" in text
    assert json.loads((result.path / "table.json").read_text())["search"]["best"] == 1
    trials = Study(result.path / "search")
    assert {row.seed for row in trials.rows()} == {1000}
    assert len({r["optimizers"]["G"]["lr"] for r in trials.plan.recipes.values()}) == 3


def test_a_finished_search_is_not_repeated_and_can_be_extended(searches: Searches) -> None:
    searches.run(trials=2)
    searches.stubs.prepare({})
    search_study([], out=searches.path)
    assert searches.trained() == []
    searches.run({"trial-2-seed1000": 9}, trials=3, seeds=2)
    assert {"trial-2-seed1000", "gan-ring8-seed1", "gan-ring8-trial2-seed0"} <= set(searches.trained())
    assert not {"trial-0-seed1000", "trial-1-seed1000", "gan-ring8-seed0"} & set(searches.trained())


def test_a_trial_that_fails_is_no_result(searches: Searches) -> None:
    result = searches.run({"trial-0-seed1000": "fail", "trial-1-seed1000": "killed"})
    outcome = SearchOutcome.read(result.path)
    assert outcome is not None
    assert (outcome.finished, outcome.failed, outcome.best) == (1, 2, 2)


def test_a_trial_that_falls_behind_is_pruned(searches: Searches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganbench.studies.search.journal._STARTUP_TRIALS", 1)
    monkeypatch.setattr("ganbench.studies.search.search._UPDATE_SECONDS", 0.0)
    halfway = {
        "trial-0-seed1000": ["score", 6],
        "trial-1-seed1000": ["stay", 2],
        "trial-2-seed1000": ["score", 7],
    }
    result = searches.run(halfway)
    outcome = SearchOutcome.read(result.path)
    assert outcome is not None
    assert (outcome.finished, outcome.pruned, outcome.best) == (2, 1, 2)
    row = Study(result.path / "search").rows()[1]
    assert (row.recipe, row.status, row.step) == ("trial-1", "cut", 5)
    searches.run()
    assert searches.trained() == [], "a pruned trial stays so"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_search_that_ends_early_continues_with_the_same_trials(
    searches: Searches, number: signal.Signals
) -> None:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            searches.run({"trial-1-seed1000": "stay"})
        except Stopped as stop:
            code = stop.signal
        finally:
            os._exit(code)
    checkpoint = searches.path / "search" / "runs" / "trial-1-seed1000" / "checkpoints" / "step-00000005"
    end = time.monotonic() + 30
    while not checkpoint.exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(0.1)  # until the stub has installed its signal handler
    os.kill(child, number)
    os.waitpid(child, 0)
    journal = searches.path / "search" / "journal.log"
    journal.write_bytes(journal.read_bytes() + b'{"op_code": 4, "wor')  # a line that was torn by the kill
    drawn = _rates(searches.path)
    searches.stubs.prepare({})
    result = search_study([], out=searches.path, jobs=1)
    assert {"trial-1-seed1000", "trial-2-seed1000"} <= set(searches.trained())
    assert "trial-0-seed1000" not in searches.trained()
    assert _rates(searches.path).items() >= drawn.items()
    assert len(_rates(searches.path)) == 3
    assert [row.status for row in result.rows()] == ["finished"] * 2


def _rates(path: Path) -> dict[str, float]:
    recipes = Study(path / "search").plan.recipes
    return {label: recipe["optimizers"]["G"]["lr"] for label, recipe in recipes.items()}


def test_mistakes_leave_no_folder(searches: Searches, monkeypatch: pytest.MonkeyPatch) -> None:
    for options, message in (
        ({"recipes": []}, "a search needs one recipe"),
        ({"recipes": ["gan-ring8", "gan-r1-ring8"]}, "a search needs one recipe"),
        ({"search": []}, "a search needs one recipe and at least one --search KEY=RANGE"),
        ({"out": None}, "a search needs the folder of its study: --out DIR"),
        ({"search": ["optimizers.G.rate=1..2"]}, "optimizers.G.rate|rate"),
        ({"search": ["schedule.batch=0.5..2.5"]}, "schedule.batch"),
        ({"trials": 0}, "the number of trials must be at least 1, not 0"),
        ({"seeds": 2000}, "a study after a search has at most 1000 seeds"),
        ({"backend": "slurn"}, "unknown backend"),
    ):
        with pytest.raises(UserError, match=message):
            searches.run(**options)
    monkeypatch.setattr("ganbench.studies.search.search.find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"--search needs optuna: pip install 'ganbench\[search\]'"):
        searches.run()
    assert not searches.path.exists()


def test_another_search_in_the_same_folder(searches: Searches) -> None:
    result = searches.run(trials=1)
    before = read_files(result.path)
    for options, message in (
        ({"search": ["optimizers.D.lr=1e-4..1e-2:log"]}, "holds another search: space was"),
        ({"search_seeds": 2}, "holds another search: seeds was 1, now 2"),
        ({"overrides": {"schedule.steps": 20}}, "holds a different study: overrides"),
    ):
        with pytest.raises(UserError, match=message):
            searches.run(**options)
    assert read_files(result.path) == before


def test_a_search_that_ends_before_its_first_trial_continues_with_its_settings(
    searches: Searches, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ganbench.studies.search.search._Search._run", stop)
        with pytest.raises(KeyboardInterrupt):
            searches.run()
    before = Plan.read(searches.path / "search")
    result = search_study([], out=searches.path, jobs=1)
    assert before.budget == "laptop"
    assert dict(before.overrides)["schedule.steps"] == 10
    assert {recipe["schedule"]["steps"] for recipe in result.plan.recipes.values()} == {10}
