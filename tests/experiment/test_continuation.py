"""A resumed run goes on as it began: with its first weights, and with a word on what depends on its length."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file
from tests.support.edit import edit_json
from tests.support.training import (
    STEPS,
    final_state,
    override_arguments,
    resume_until,
    stop_after,
    tiny_overrides,
    tiny_recipe,
    train_until,
)

from ganbench.cli.main import app
from ganbench.config.spec import Spec
from ganbench.errors import Stopped, UserError
from ganbench.experiment.continuation import describe_jump
from ganbench.experiment.train import resume, train
from ganbench.regularizers import R1, Scheduled
from ganbench.runs.run import Run
from ganbench.training.schedule import Constant, Cosine, Exponential, Linear, Stages, Step
from ganbench.utils.console import SilentConsole


class Records(SilentConsole):
    """Keeps the warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def resume_and_listen(run: Run, **arguments: Any) -> list[str]:
    console = Records()
    resume(run, console=console, **arguments)
    return [text for text in console.warnings if "stretch" in text]


# --- pretrained weights ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(
        tiny_recipe("simsiam-cifar10"), out=tmp_path_factory.mktemp("pretrained") / "run", seed=5
    ).path


class Crash(Exception):
    pass


def test_a_run_that_crashed_before_its_first_checkpoint_starts_from_its_pretrained_weights_again(
    pretrained: Path, tmp_path: Path
) -> None:
    recipe = tiny_recipe("simsiam-cifar10", {"networks.f.weights": str(pretrained)})
    whole = train(recipe, out=tmp_path / "whole")
    run = train_until(recipe, tmp_path / "run", 3, Crash())
    assert run.checkpoint_steps() == []
    assert run.meta["pretrained"].keys() == {"f"}
    assert final_state(resume(run)) == final_state(whole)
    without = train(tiny_recipe("simsiam-cifar10"), out=tmp_path / "without")
    assert final_state(without)["networks.safetensors"] != final_state(whole)["networks.safetensors"]
    assert "pretrained" not in without.meta


def test_pretrained_weights_that_have_changed_are_refused_before_the_first_checkpoint_only(
    pretrained: Path, tmp_path: Path
) -> None:
    weights = tmp_path / "f.safetensors"
    state = load_file(pretrained / "checkpoints" / f"step-{STEPS:08d}" / "networks.safetensors")
    state = {key.removeprefix("f."): value for key, value in state.items() if key.startswith("f.")}
    save_file(state, weights)
    recipe = tiny_recipe("simsiam-cifar10", {"networks.f.weights": str(weights)})
    early, late = (
        train_until(recipe, tmp_path / "early", 3, Crash()),
        train_until(recipe, tmp_path / "late", 7),
    )
    next(iter(state.values())).view(-1)[0] += 1
    save_file(state, weights)
    with pytest.raises(
        UserError, match=r"pretrained weights of f are not those that .*early started from: their SHA"
    ):
        resume(early)
    assert resume(late).checkpoint_steps()[0] == STEPS
    edit_json(early.path / "meta.json", lambda meta: meta.pop("pretrained"))  # a run of an earlier version
    assert resume(early).checkpoint_steps()[0] == STEPS
    weights.unlink()
    assert resume(late).checkpoint_steps()[0] == STEPS


# --- another number of steps -----------------------------------------------------------------------------------------


def run_of(tmp_path: Path, factor: Spec, **changes: Any) -> Run:
    quick = {"schedule.sample_every": 0, "schedule.layers_every": 0, "algorithm.critic_steps": 1}
    recipe = tiny_recipe("gan-ring8", {**quick, "schedule.steps": 40, "schedule.learning_rate": factor})
    return train(recipe.override(changes), out=tmp_path / "run")


def test_a_rate_that_jumps_is_said_recorded_and_said_again_until_there_is_a_checkpoint(
    tmp_path: Path,
) -> None:
    run = run_of(tmp_path, Spec(Linear))
    schedule = run.recipe().schedule
    assert schedule.learning_rate_at(39) == pytest.approx(0.025)
    console = Records()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ganbench.training.trainer.Trainer.train", lambda *_: (_ for _ in ()).throw(Crash()))
        with pytest.raises(Crash):
            resume(run, steps=80, console=console)
    sentence = (
        "80 steps instead of 40 stretch what goes by a share of the run; at step 40 it jumps: the factor of the "
        "learning rates from 0.025 to 0.5; so this run is not the one that 80 planned steps would have given"
    )
    assert sentence in console.warnings
    assert dataclasses.replace(schedule, steps=80).learning_rate_at(40) == 0.5
    assert run.meta["changes"] == [{"step": 40, "key": "schedule.steps", "old": 40, "new": 80}]
    assert resume_and_listen(run) == [sentence], "the crashed run trained no step"
    assert resume_and_listen(run, steps=80) == []
    assert run.recipe().schedule.steps == 80
    assert Run(run.path).meta["changes"] == [{"step": 40, "key": "schedule.steps", "old": 40, "new": 80}]


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (Spec(Linear), "from 0.025 to 0.5"),
        (Spec(Cosine), "from 0.001541 to 0.5"),
        (Spec(Exponential), "from 0.01122 to 0.1"),
        (Spec(Stages, values=(1.0, 0.1), at=(0.9,)), "from 0.1 to 1"),
        (Spec(Linear, from_share=0.9), "from 0.25 to 1"),
        (Spec(Constant), ""),
        (Spec(Step, every=10, factor=0.5), ""),
        (Spec(Linear, start=0.0, end=1.0, to_share=0.1), ""),
    ],
)
def test_every_schedule_that_jumps_is_said_and_no_other(tmp_path: Path, factor: Spec, text: str) -> None:
    said = resume_and_listen(run_of(tmp_path, factor), steps=80)
    assert len(said) == bool(text)
    assert text in "".join(said)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"steps": "9"}, "the number of steps must be a whole number, not '9'"),
        ({"steps": 20.0}, "the number of steps must be a whole number, not 20.0"),
        ({"threads": 0}, "machine.threads must be at least 1, not 0"),
    ],
)
def test_wrong_numbers_are_refused(tmp_path: Path, given: dict[str, Any], fault: str) -> None:
    run = run_of(tmp_path, Spec(Constant))
    with pytest.raises(UserError, match=fault):
        resume(run, **given)


def test_fewer_steps_and_steps_in_the_middle(tmp_path: Path) -> None:
    recipe = tiny_recipe("gan-ring8", {"schedule.steps": 40, "schedule.learning_rate": Spec(Linear)})
    run = train_until(recipe, tmp_path / "run", 10)
    (said,) = resume_and_listen(run, steps=20)
    assert "20 steps instead of 40 stretch" in said
    assert "at step 10 it jumps: the factor of the learning rates from 0.775 to 0.5" in said


def test_factors_of_the_algorithm_are_found_at_any_depth(tmp_path: Path) -> None:
    regularizers = (Spec(Scheduled, term=Spec(R1, gamma=1.0), factor=Spec(Linear, start=1.0, end=0.1)),)
    run = run_of(tmp_path, Spec(Constant), **{"algorithm.regularizers": regularizers})
    (said,) = resume_and_listen(run, steps=80)
    assert "jumps: algorithm.regularizers.0.factor from 0.1225 to 0.55;" in said


def test_the_same_number_of_steps_or_none_trained_says_nothing(tmp_path: Path) -> None:
    recipe = tiny_recipe("gan-ring8", {"schedule.steps": 40, "schedule.learning_rate": Spec(Linear)})
    run = train_until(recipe, tmp_path / "run", 3, Crash())
    assert resume_and_listen(run, steps=20) == [], "it starts at step 0"
    assert "changes" not in run.meta
    assert describe_jump(recipe, [], 5) == ""


def test_the_command_line_says_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes = {**tiny_overrides("gan-ring8"), "schedule.steps": 40, "schedule.learning_rate": "Linear"}
    out = ["--budget", "laptop", "--out", str(tmp_path / "lin")]
    app(["train", "gan-ring8", *out, *override_arguments(changes)], standalone_mode=False)
    capsys.readouterr()
    app(["resume", str(tmp_path / "lin"), "--steps", "80"], standalone_mode=False)
    assert (
        "warning: 80 steps instead of 40 stretch what goes by a share of the run" in capsys.readouterr().err
    )


def test_stopping_and_resuming_with_more_steps_still_resumes_exactly(tmp_path: Path) -> None:
    recipe = tiny_recipe("gan-ring8", {"schedule.learning_rate": Spec(Linear)})
    one, two = (train(recipe.override({"schedule.steps": 6}), out=tmp_path / name) for name in ("one", "two"))
    resume(one, steps=STEPS)
    two = Run(two.path)
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, 9)
        with pytest.raises(Stopped):
            resume(two, steps=STEPS)
    resume_until(two, 11)
    assert final_state(resume(two)) == final_state(one)
