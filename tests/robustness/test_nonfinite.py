"""Weights that are NaN or infinite are never saved, resumed, sampled or scored: they are refused by name."""

from __future__ import annotations

import itertools
import math
import shutil
from pathlib import Path

import pytest
from tests.support.command_line import CommandLine
from tests.support.damage import poison
from tests.support.recording import record
from tests.support.training import final_state, override_arguments, read_files, tiny_overrides, tiny_recipe

from ganbench.errors import RunError, UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.experiment.train import resume, train
from ganbench.inference.load import load
from ganbench.runs.checkpoint import read_checkpoint
from ganbench.runs.run import Run

VALUES = (math.nan, math.inf, -math.inf)
SETTINGS = {"schedule.ema_half_life": 50.0, "schedule.evaluate_every": 5, "schedule.evaluate_samples": 250}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with an average and the checkpoints 12, 10 and 5, of which one is the best."""
    recipe = tiny_recipe("gan-ring8", {**SETTINGS, "schedule.keep_last": 3})
    return train(recipe, out=tmp_path_factory.mktemp("original") / "run")


@pytest.fixture
def run(original: Run, tmp_path: Path) -> Run:
    shutil.copytree(original.path, tmp_path / "run")
    return Run(tmp_path / "run")


def checkpoint(run: Run, step: int) -> Path:
    return run.checkpoints / f"step-{step:08d}"


def test_a_run_that_diverges_before_its_first_report_saves_no_checkpoint(
    cli: CommandLine, tmp_path: Path
) -> None:
    changes = {**tiny_overrides("gan-ring8"), "schedule.checkpoint_every": 1, "schedule.sample_every": 0}
    changes |= {"schedule.log_every": 100, "optimizers.G.lr": 1e38}
    path = tmp_path / "run"
    command: list[str | Path] = [
        "train",
        "gan-ring8",
        "--budget",
        "laptop",
        "--out",
        path,
        *override_arguments(changes),
    ]
    resumed: list[str | Path] = ["resume", path]
    for arguments in (command, resumed):
        code, _, err = cli.run(*arguments)
        assert code == 3
        assert err.splitlines()[-1].startswith("the run failed: the weights 'G.")
        assert "became infinite or NaN by step 1: the run diverged" in err
        assert "Traceback" not in err
        assert Run(path).checkpoint_steps() == []
    sample: list[str | Path] = ["sample", path, "--n", "2", "--out", tmp_path / "a.npz"]
    score: list[str | Path] = ["evaluate", path, "--n", "250"]
    for arguments in (sample, score):
        code, out, err = cli.run(*arguments)
        assert (code, out) == (2, "")
        assert err.endswith(f"{path} has no intact checkpoint yet; `ganbench resume {path}` trains it\n")
    assert not (tmp_path / "a.npz").exists()


@pytest.mark.parametrize(
    ("file", "name", "what"),
    [
        ("networks", "D.layers.0.weight", "the weights 'D.layers.0.weight'"),
        ("average", "G.layers.0.weight", "the averaged weights 'G.layers.0.weight'"),
        ("state", ".optimizers.G.state.0.exp_avg", "the state of the optimizers 'G.state.0.exp_avg'"),
    ],
)
@pytest.mark.parametrize("value", VALUES)
def test_resume_goes_back_to_the_last_sound_checkpoint_and_says_so(
    original: Run, run: Run, file: str, name: str, what: str, value: float
) -> None:
    for step in (12, 10):
        poison(checkpoint(run, step), name, file, value)
    with pytest.warns(UserWarning, match=f"is of no use: {what} became infinite or NaN; skipping") as warned:
        state = run.read_checkpoint()
    assert len(warned) == 2
    assert state is not None
    assert state["step"] == 5
    with pytest.warns(UserWarning, match="step-00000012 is of no use.*skipping this checkpoint"):
        resume(run)
    assert final_state(run) == final_state(original)


def test_a_checkpoint_named_by_step_or_as_the_best_is_refused_and_others_are_used(
    original: Run, tmp_path: Path
) -> None:
    best = original.best_step()
    assert best is not None
    parts = ("networks", "weights"), ("average", "averaged weights")
    actions = (load, lambda run, step: evaluate(run, step=step, n=250))
    tried = itertools.product(VALUES, parts, (best, "best"), actions)
    for i, (value, (file, what), step, action) in enumerate(tried, 1):
        shutil.copytree(original.path, tmp_path / str(i))
        run = Run(tmp_path / str(i))
        poison(checkpoint(run, best), "G.layers.0.weight", file, value)
        with pytest.raises(
            UserError, match=rf"step-{best:08d} is of no use: the {what} 'G.layers.0.weight' became"
        ):
            action(run, step)
        other = next(step for step in run.checkpoint_steps() if step != best)
        assert load(run, other).step == other
    assert i == 24
    record("checkpoints that are not finite, sampled or scored", tried=i, refused=i)


def test_a_run_whose_only_checkpoint_is_not_finite_starts_over_and_says_so(original: Run, run: Run) -> None:
    for step in (12, 10, 5):
        poison(checkpoint(run, step), "G.layers.0.weight")
    before = read_files(run.path)
    with (
        pytest.warns(UserWarning, match="is of no use"),
        pytest.raises(UserError, match="has no intact checkpoint"),
    ):
        load(run)
    assert read_files(run.path) == before
    with pytest.warns(UserWarning, match="is of no use"):
        resume(run)
    assert final_state(run) == final_state(original)


def test_a_divergence_late_in_the_run_keeps_the_sound_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ganbench.training.trainer import Trainer

    step_once = Trainer.train_step

    def diverge(trainer: Trainer) -> None:
        step_once(trainer)
        if trainer.step == 10:
            trainer.parameters["G"][0].data[0] = math.nan

    recipe = tiny_recipe("gan-ring8", {"schedule.log_every": 100, "schedule.sample_every": 0})
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "train_step", diverge)
        with pytest.raises(RunError, match="became infinite or NaN by step 10"):
            train(recipe, out=tmp_path / "run")
    run = Run(tmp_path / "run")
    assert run.checkpoint_steps() == [5]
    assert read_checkpoint(checkpoint(run, 5))["step"] == 5
    assert final_state(resume(run)) == final_state(train(recipe, out=tmp_path / "whole"))
