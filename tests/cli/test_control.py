"""A run that is controlled from another process, as a user does it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.support.command_line import CommandLine
from tests.support.training import final_state, override_arguments, tiny_overrides

from ganbench.runs.changes import read_changes
from ganbench.runs.requests import list_requests
from ganbench.runs.run import Run

SETTINGS = {
    **tiny_overrides("gan-ring8"),
    "schedule.steps": 100_000,
    "schedule.log_every": 1,
    "schedule.sample_every": 0,
    "schedule.layers_every": 0,
    "schedule.checkpoint_every": 100_000,
}


@pytest.fixture(scope="module")
def finished(cli: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("control") / "run"
    code, _, err = cli.run(
        "train", "gan-ring8", *override_arguments(tiny_overrides("gan-ring8")), "--out", path
    )
    assert code == 0, err
    return path


def test_a_run_is_changed_stopped_shortened_and_resumed(cli: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "run"
    child = cli.start("train", "gan-ring8", *override_arguments(SETTINGS), "--out", path)
    child.wait_for("step 2/")
    code, out, err = cli.run("change", path, "optimizers.G.lr=0.0005", "optimizers.D.betas=[0.25,0.9]")
    assert (code, out) == (0, f"{path} takes the new values within about a second\n"), err
    child.wait_for("optimizers.G.lr was ")
    code, out, err = cli.run("stop", path)
    assert (code, out) == (0, f"{path} has stopped; continue with: ganbench resume {path}\n"), err
    assert child.wait() == 143
    assert child.err.splitlines()[-1].endswith(f"checkpoint saved; continue with: ganbench resume {path}")
    run = Run(path)
    stopped_at = run.checkpoint_steps()[0]
    assert [(e.key, e.new) for e in read_changes(run.meta)] == [
        ("optimizers.D.betas", [0.25, 0.9]),
        ("optimizers.G.lr", 0.0005),
    ]
    code, out, err = cli.run("change", path, f"schedule.steps={stopped_at + 5}")
    assert (code, out) == (0, f"{path} takes the new values with the next: ganbench resume {path}\n"), err
    assert len(list_requests(path)) == 1
    code, _, err = cli.run("resume", path)
    assert code == 0, err
    assert run.checkpoint_steps()[0] == stopped_at + 5
    assert [e["key"] for e in run.events.read("change")] == [
        "optimizers.D.betas", "optimizers.G.lr", "schedule.steps",
    ]  # fmt: skip
    code, out, err = cli.run("show", path / "recipe.json")
    assert "# changed: optimizers.G.lr from " in out
    assert final_state(run, stopped_at + 5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("stop", "{run}"), "no process trains {run}, so there is nothing to stop"),
        (("stop", "{tmp}"), "is not a run"),
        (
            ("change", "{run}", "optimizers.G.lr=0.5"),
            "is finished, at step 12; with more steps, as schedule.steps=24",
        ),
        (("change", "{run}", "schedule.steps=12"), "{run} has these values already: schedule.steps"),
        (
            ("change", "{run}", "schedule.steps=11"),
            "schedule.steps=11 is not above step 12, which the run has reached",
        ),
        (
            ("change", "{run}", "optimizers.G.rate=1"),
            "'optimizers.G.rate' cannot change in the midst of a run",
        ),
        (("change", "{run}", "optimizers.G.lr=.nan"), "optimizers.G.lr"),
        (("change", "{run}", "optimizers.G.lr=nan"), "optimizers.G.lr must be a finite number, not 'nan'"),
        (("change", "{run}", "optimizers.G.lr=-1", "schedule.steps=20"), "Invalid learning rate"),
        (("change", "{run}", "lr"), "'lr' is not KEY=VALUE"),
        (("change", "{tmp}/none", "a=1"), "does not exist"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_leaves_no_request(
    cli: CommandLine, finished: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    shutil.copytree(finished, tmp_path / "run")
    places = {"run": tmp_path / "run", "tmp": tmp_path}
    code, out, err = cli.run(*(argument.format(**places) for argument in arguments))
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert message.format(**places) in err
    assert err.count("\n") == 1
    assert list_requests(tmp_path / "run") == []
