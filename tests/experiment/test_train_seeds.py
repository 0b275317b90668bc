"""Runs whose seeds are trained together: the same files as alone, stopped and resumed, refused without a trace."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.support.training import STEPS, stop_after, tiny_recipe

from ganbench.errors import Stopped, UserError
from ganbench.experiment.train import resume, train
from ganbench.experiment.train_seeds import train_seeds

RECIPE = tiny_recipe("gan-r1-ring8", {"schedule.evaluate_every": 2, "schedule.evaluate_samples": 250})


def test_every_seed_gets_the_run_that_it_gets_alone(tmp_path: Path) -> None:
    runs = train_seeds(RECIPE, [4, 2], out=tmp_path / "pair")
    assert [run.path.name for run in runs] == ["pair-seed4", "pair-seed2"]
    for run, seed in zip(runs, (4, 2), strict=True):
        alone = train(RECIPE, seed=seed, out=tmp_path / f"alone-{seed}")
        assert run.checkpoint_steps() == alone.checkpoint_steps()
        assert {p.name for p in run.samples.iterdir()} == {p.name for p in alone.samples.iterdir()}
        for kind in ("scalars", "layers", "health", "score"):
            a, b = list(alone.events.stream(kind)), list(run.events.stream(kind))
            assert [event["step"] for event in a] == [event["step"] for event in b] != []
        for own, joined in zip(alone.events.stream("scalars"), run.events.stream("scalars"), strict=True):
            assert joined["D/adversarial"] == pytest.approx(own["D/adversarial"], rel=1e-3)
        one, other = alone.read_checkpoint(), run.read_checkpoint()
        assert one is not None
        assert other is not None
        for key, value in one["networks"].items():
            torch.testing.assert_close(other["networks"][key], value, rtol=1e-3, atol=1e-4)


def test_a_signal_saves_all_and_each_resumes_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        stop_after(patch, 3)  # the check of whether seeds stay apart has 2
        with pytest.raises(
            Stopped, match=r"stopped at step 3, .*ganbench resume .*pair-seed0 and ganbench resume"
        ):
            train_seeds(RECIPE, [0, 1], out=tmp_path / "pair")
    for seed in (0, 1):
        run = resume(tmp_path / f"pair-seed{seed}")
        assert run.checkpoint_steps()[0] == STEPS


@pytest.mark.parametrize(
    ("recipe", "seeds", "message"),
    [
        ("gan-ring8", [1, 1], "two or more different seeds"),
        ("gan-ring8", [1], "two or more different seeds"),
        ("dcgan-shapes", [0, 1], "cannot be vectorized"),
    ],
)
def test_what_cannot_be_trained_at_once_leaves_no_folder(
    recipe: str, seeds: list[int], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message):
        train_seeds(tiny_recipe(recipe), seeds, out=tmp_path / "runs" / "r")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "r-seed1").mkdir()
    with pytest.raises(UserError, match=r"r-seed1 exists; give another --out"):
        train_seeds(RECIPE, [0, 1], out=tmp_path / "r")
    assert [path.name for path in tmp_path.iterdir()] == ["r-seed1"]


@pytest.mark.parametrize("out", [".", "/", ".."])
def test_a_path_without_a_name_is_refused(out: str) -> None:
    with pytest.raises(UserError, match="must end with a name"):
        train_seeds(RECIPE, [0, 1], out=out)
