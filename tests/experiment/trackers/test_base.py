"""Trackers are refused before a run begins if they are unknown or not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.support.training import tiny_recipe, train_until

from ganbench.errors import UserError
from ganbench.experiment.trackers.base import TRACKERS, require_trackers, run_key
from ganbench.experiment.train import resume, train

RECIPE = tiny_recipe("gan-ring8", {"schedule.sample_every": 0})


@pytest.mark.parametrize("name", TRACKERS)
def test_a_missing_program_is_named_before_a_folder_is_made(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = TRACKERS[name]
    monkeypatch.setitem(sys.modules, entry.module, None)
    with pytest.raises(UserError) as error:
        train(RECIPE, out=tmp_path / "run", track=[name])
    assert str(error.value) == f"{entry.title} is not installed: pip install 'ganbench[{entry.extra}]'"
    assert not list(tmp_path.iterdir())


def test_a_run_cannot_resume_with_a_missing_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = train_until(RECIPE, tmp_path / "stopped", 2)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(UserError, match="TensorBoard"):
        resume(stopped, track=["tensorboard"])


def test_an_unknown_tracker_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"there is no tracker 'wandbb' \(there are .*\); did you mean 'wandb'"
    ):
        require_trackers(["wandbb"])


def test_the_key_of_a_run_is_its_own(tmp_path: Path) -> None:
    one, two = (train_until(RECIPE, tmp_path / name, 2) for name in ("one", "two"))
    assert run_key(one) == run_key(one) != run_key(two)
