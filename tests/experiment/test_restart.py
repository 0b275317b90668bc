"""A command that torchrun starts again continues its own run, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.experiment.restart import continues_run
from ganbench.experiment.train import train
from ganbench.training.engine import Engine

RECIPE = tiny_recipe("gan-ring8", {"schedule.steps": 2})


def test_only_the_same_run_continues_and_only_under_restarts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, engine = tmp_path / "run", Engine()
    train(RECIPE, seed=3, out=path)
    assert not continues_run(path, RECIPE, 3, engine)
    with pytest.raises(UserError, match="run exists; give another --out"):
        train(RECIPE, seed=3, out=path)
    monkeypatch.setenv("TORCHELASTIC_MAX_RESTARTS", "3")
    assert continues_run(path, RECIPE, 3, engine)
    assert train(RECIPE, seed=3, out=path).checkpoint_steps() == [2]
    assert not continues_run(path, RECIPE, 4, engine)
    assert not continues_run(path, RECIPE.override({"schedule.batch": 4}), 3, engine)
    assert not continues_run(tmp_path / "new", RECIPE, 3, engine)
    with pytest.raises(UserError, match="run exists; give another --out"):
        train(RECIPE, seed=4, out=path)


def test_a_run_without_a_folder_could_not_be_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHELASTIC_MAX_RESTARTS", "1")
    with pytest.raises(UserError, match="give --out, where it continues"):
        train(RECIPE)


def test_a_time_as_budget_is_refused_where_each_restart_would_measure_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHELASTIC_MAX_RESTARTS", "1")
    with pytest.raises(UserError, match=r"timed again at each restart; give schedule\.steps instead"):
        train("gan-ring8", budget="1m", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
