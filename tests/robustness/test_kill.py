"""A run that is killed at any moment stays readable, resumes from an intact checkpoint, and ends the same."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from tests.support.command_line import CommandLine
from tests.support.recording import record, repetitions
from tests.support.training import override_arguments, read_files, tiny_overrides

from ganbench.runs.checkpoint import list_checkpoints, read_checkpoint
from ganbench.runs.run import Run

KILLS, STARTS, STEPS = repetitions(60, 12), repetitions(20, 5), 300
SETTINGS = {
    **tiny_overrides("gan-r1-ring8"),
    "schedule.steps": STEPS,
    "schedule.log_every": 1,
    "schedule.sample_every": 0,
    "schedule.ema_half_life": 100.0,
    "networks.G.width": 96,
    "networks.D.width": 96,
    "algorithm.critic_steps": 1,
}


def _train(cli: CommandLine, out: Path, every: int) -> list[str]:
    changes = {**SETTINGS, "schedule.checkpoint_every": every}
    return ["train", "gan-r1-ring8", "--budget", "laptop", "--out", str(out), *override_arguments(changes)]


def wait_for_save(checkpoints: Path, seconds: float = 0.5) -> None:
    """Wait until a checkpoint is being written, or the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not any(checkpoints.glob(".writing-*")):
        pass


def wait_for_folder(path: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path} was not created"
        time.sleep(0.001)


@pytest.mark.slow
def test_kills_while_every_step_is_saved(cli: CommandLine, tmp_path: Path) -> None:
    code, _, err = cli.run(*_train(cli, tmp_path / "whole", STEPS))
    assert code == 0, err
    path, rng = tmp_path / "run", random.Random(0)
    child = cli.start(*_train(cli, path, 1))
    child.wait_for("step 1/")
    kills = in_a_save = steps_lost = newest = 0
    while kills < KILLS:
        time.sleep(rng.uniform(0, 0.06))
        if kills % 4 == 0:
            wait_for_save(path / "checkpoints")
        child.kill()
        code = child.wait()
        if code == 0:
            break  # the run is finished
        assert code == -signal.SIGKILL, child.err
        kills += 1
        run = Run(path)
        for checkpoint in list_checkpoints(run.checkpoints):
            read_checkpoint(checkpoint)  # every checkpoint is intact
        in_a_save += any(run.checkpoints.glob(".writing-*"))
        assert max(run.checkpoint_steps(), default=0) >= newest
        newest = max(run.checkpoint_steps(), default=0)
        steps = [e["step"] for e in run.events.read("scalars")]
        assert steps == list(range(1, len(steps) + 1))
        assert len(steps) - newest <= 1
        steps_lost += len(steps) - newest
        child = cli.start("resume", path)
        child.wait_for(f"resuming at step {newest} of {STEPS}")
    assert kills >= 5 * KILLS // 6
    assert in_a_save >= KILLS // 12
    code, _, err = cli.run("resume", path) if child.wait() != 0 else (0, "", "")
    assert code == 0, err
    assert "warning" not in err
    record(
        "SIGKILL while training", kills=kills, in_a_save=in_a_save, unreadable=0, steps_done_twice=steps_lost
    )
    ours = read_files(Run(path).checkpoints / f"step-{STEPS:08d}")
    theirs = read_files(Run(tmp_path / "whole").checkpoints / f"step-{STEPS:08d}")
    assert len(theirs) == 5
    assert ours == theirs
    assert not list(path.rglob(".writing-*"))
    assert [e["step"] for e in Run(path).events.read("scalars")] == list(range(1, STEPS + 1))


def test_a_kill_at_the_start_leaves_a_whole_run_or_none(cli: CommandLine, tmp_path: Path) -> None:
    rng, runs, start = random.Random(1), 0, time.monotonic()
    child = cli.start(*_train(cli, tmp_path / "first", 1))
    wait_for_folder(tmp_path / "first")
    duration = time.monotonic() - start
    child.kill()
    child.wait()
    for i in range(STARTS):
        path = tmp_path / str(i)
        child = cli.start(*_train(cli, path, 1))
        if i % 2:
            wait_for_folder(path)
        time.sleep(rng.uniform(0, 0.5) * duration if i % 2 else rng.uniform(0.5, 1.5) * duration)
        child.kill()
        child.wait()
        if path.exists():
            runs += 1
            run = Run(path)
            assert run.recipe().schedule.steps == STEPS
            assert run.meta["seed"] == 0
            assert run.info.name == "ring8"
            assert run.read_checkpoint() is None or run.read_checkpoint()["step"] >= 1
    record("SIGKILL at the start", kills=STARTS, whole_runs=runs, no_run=STARTS - runs)
    assert runs > 0
