"""Two processes train like one: they share the same batches and random numbers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from tests.support.command_line import CommandLine, Process
from tests.support.ports import free_port
from tests.support.recording import record
from tests.support.training import override_arguments, tiny_overrides

from ganbench.runs.run import Run

STEPS = 20


def command(name: str, out: Path, steps: int = STEPS, **schedule: object) -> list[str]:
    named = {f"schedule.{k}": v for k, v in schedule.items()}
    changes = {**tiny_overrides(name), "schedule.steps": steps, "schedule.checkpoint_every": 5, **named}
    return ["train", name, "--budget", "laptop", "--out", str(out), *override_arguments(changes)]


def start_two(cli: CommandLine, *arguments: str | Path) -> list[Process]:
    """Start a command in two processes with the environment that torchrun gives them."""
    world = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    return [cli.start(*arguments, env={**world, "RANK": r, "LOCAL_RANK": r}) for r in "01"]


def finish(children: list[Process], code: int = 0) -> None:
    assert [child.wait() for child in children] == [code, code], [child.err for child in children]


def difference(a: Run, b: Run, step: int | None = None) -> float:
    ours, theirs = a.read_checkpoint(step), b.read_checkpoint(step)
    assert ours is not None
    assert theirs is not None
    assert ours["networks"].keys() == theirs["networks"].keys()
    return max(
        float((ours[part][k].double() - theirs[part][k].double()).abs().max())
        for part in ("networks", "average")
        for k in ours[part]
        if not k.endswith("num_batches_tracked")
    )


def check_single_writer(run: Run, steps: list[int]) -> None:
    lines = [json.loads(line) for line in run.events.path.read_text().splitlines()]
    assert [e["step"] for e in lines if e["kind"] == "scalars"] == steps
    assert not list(run.path.rglob(".writing-*"))
    assert not list(run.path.rglob(".*.tmp"))


@pytest.mark.parametrize("name", ["gan-r1-ring8", "gan-mnist", "pacgan-ring8", "infogan-plain-mnist"])
def test_two_processes_train_as_one(cli: CommandLine, tmp_path: Path, name: str) -> None:
    two, one = start_two(cli, *command(name, tmp_path / "two")), cli.start(*command(name, tmp_path / "one"))
    finish(two)
    assert one.wait() == 0, one.err
    ours, theirs = Run(tmp_path / "two"), Run(tmp_path / "one")
    assert (ours.meta["machine"]["processes"], theirs.meta["machine"]["processes"]) == (2, 1)
    largest = difference(ours, theirs)
    record(f"2 processes against 1, {name}", steps=STEPS, largest_difference=largest)
    assert largest <= 1e-5
    check_single_writer(ours, [3, 6, 9, 12, 15, 18, 20])
    for a, b in zip(ours.events.read("scalars"), theirs.events.read("scalars"), strict=True):
        del a["kind"], b["kind"]
        assert a == pytest.approx(b, rel=1e-4, abs=1e-6)
    assert sorted(p.name for p in ours.samples.iterdir()) == sorted(p.name for p in theirs.samples.iterdir())
    assert (two[1].out, two[1].err) == ("", "")  # the second process prints nothing


def test_two_processes_agree_on_the_augmentation_probability(cli: CommandLine, tmp_path: Path) -> None:
    ada = ["augmentation=ADA", "augmentation.p=0.3", "augmentation.speed=200", "augmentation.every=2"]
    changes = [f"algorithm.{change}" for change in ada]
    two = start_two(cli, *command("gan-mnist", tmp_path / "two"), *changes)
    one = cli.start(*command("gan-mnist", tmp_path / "one"), *changes)
    finish(two)
    assert one.wait() == 0, one.err
    ours, theirs = Run(tmp_path / "two"), Run(tmp_path / "one")
    assert difference(ours, theirs) <= 1e-5
    for a, b in zip(ours.events.read("scalars"), theirs.events.read("scalars"), strict=True):
        del a["kind"], b["kind"]
        assert a == pytest.approx(b, rel=1e-4, abs=1e-6)
    assert len({event["augmentation/p"] for event in ours.events.read("scalars")}) > 3


def test_a_run_of_two_processes_resumes_in_one_and_the_reverse(cli: CommandLine, tmp_path: Path) -> None:
    name, steps = "gan-r1-ring8", 60
    schedule = {"log_every": 1, "sample_every": 0}
    two = start_two(cli, *command(name, tmp_path / "two", steps, **schedule))
    two[0].wait_for("step 3/")
    two[0].kill(signal.SIGTERM)
    finish(two, 143)
    one = cli.start(*command(name, tmp_path / "one", steps, **schedule))
    one.wait_for("step 3/")
    one.kill(signal.SIGTERM)
    assert one.wait() == 143, one.err
    code, _, err = cli.run("resume", tmp_path / "two")
    assert code == 0, err
    assert "warning: processes was 2, is 1" in err
    both = start_two(cli, "resume", tmp_path / "one")
    finish(both)
    assert "warning: processes was 1, is 2" in both[0].err
    assert both[1].err == ""
    assert cli.run(*command(name, tmp_path / "whole", steps, **schedule))[0] == 0
    for path in (tmp_path / "two", tmp_path / "one"):
        largest = difference(Run(path), Run(tmp_path / "whole"))
        record(f"processes changed at resume, {path.name} first", largest_difference=largest)
        assert largest <= 1e-5
        check_single_writer(Run(path), list(range(1, steps + 1)))


def test_batch_norm_sees_its_own_half_on_cpu(cli: CommandLine, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    name = "dcgan-shapes"
    finish(start_two(cli, *command(name, tmp_path / "two"), "--track", "tensorboard"))
    assert (
        len(list((tmp_path / "two" / "tensorboard").iterdir())) == 1
    )  # the first process writes, the other does not
    assert cli.run(*command(name, tmp_path / "one"))[0] == 0
    largest = difference(Run(tmp_path / "two"), Run(tmp_path / "one"))
    record(f"2 processes against 1, {name} with batch norm", steps=STEPS, largest_difference=largest)
    assert 1e-5 < largest < 1.0
    state = Run(tmp_path / "two").read_checkpoint()
    assert state is not None
    assert all(bool(torch.isfinite(t).all()) for t in state["networks"].values())


def test_a_signal_to_one_stops_both(cli: CommandLine, tmp_path: Path) -> None:
    children = start_two(
        cli, *command("gan-r1-ring8", tmp_path / "run", 100_000, log_every=1, sample_every=0)
    )
    children[0].wait_for("step 3/")
    children[1].kill(signal.SIGTERM)
    finish(children, 143)
    run = Run(tmp_path / "run")
    step = run.checkpoint_steps()[0]
    assert f"stopped at step {step}, checkpoint saved" in children[0].err
    assert run.events.read("scalars")[-1]["step"] == step


def test_requests_change_and_stop_both_which_go_on_together(cli: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "run"
    children = start_two(cli, *command("gan-r1-ring8", path, 100_000, log_every=1, sample_every=0))
    children[0].wait_for("step 3/")
    code, _, err = cli.run("change", path, "optimizers.G.lr=0.0005")
    assert code == 0, err
    children[0].wait_for("optimizers.G.lr was ")
    code, _, err = cli.run("stop", path)
    assert code == 0, err
    finish(children, 143)
    run = Run(path)
    step = run.checkpoint_steps()[0]
    assert [event["new"] for event in run.events.read("change")] == [0.0005]
    code, _, err = cli.run("change", path, f"schedule.steps={step + 3}", "optimizers.G.lr=0.001")
    assert code == 0, err
    finish(start_two(cli, "resume", path))
    assert run.checkpoint_steps()[0] == step + 3
    state = run.read_checkpoint()
    assert state is not None
    assert state["optimizers"]["G"]["param_groups"][0]["lr"] <= 0.001
    assert sorted(event["key"] for event in run.events.read("change")) == [
        "optimizers.G.lr", "optimizers.G.lr", "schedule.steps",
    ]  # fmt: skip


def test_an_error_ends_both(cli: CommandLine, tmp_path: Path) -> None:
    odd = command("gan-r1-ring8", tmp_path / "run", batch=9)
    finish(start_two(cli, *odd), 2)
    assert list(tmp_path.iterdir()) == [] or [p.name for p in tmp_path.iterdir()] == ["warm"]


@pytest.mark.parametrize("killed", [0, 1])
def test_a_killed_process_ends_the_other_in_one_sentence(
    cli: CommandLine, tmp_path: Path, killed: int
) -> None:
    schedule = {"log_every": 1, "sample_every": 0, "checkpoint_every": 2}
    children = start_two(cli, *command("gan-r1-ring8", tmp_path / "run", 100_000, **schedule))
    children[0].wait_for("step 5/")
    children[killed].kill(signal.SIGKILL)
    other = children[1 - killed]
    assert (children[killed].wait(), other.wait()) == (-signal.SIGKILL, 3), other.err
    assert "Traceback" not in other.err
    sentence = other.err.splitlines()[-1]
    assert sentence.startswith(
        f"the run failed: rank {1 - killed} has lost contact with another process of this run"
    )
    assert sentence.endswith("checkpoints are intact; continue with `ganbench resume`")
    run = Run(tmp_path / "run")
    state = run.read_checkpoint()
    assert state is not None
    assert state["step"] >= 4
    assert [e["kind"] for e in run.events.read("failure")] == ["failure"] * killed  # rank 0 writes the log
    code, _, err = cli.run("resume", run.path, "--steps", str(state["step"] + 3))
    assert code == 0, err


def test_processes_that_cannot_meet_end_in_one_sentence(cli: CommandLine, tmp_path: Path) -> None:
    world = {
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "no port",
        "RANK": "0",
        "LOCAL_RANK": "0",
    }
    code, _, err = cli.run(*command("gan-r1-ring8", tmp_path / "run"), env=world)
    assert code == 3
    assert err.splitlines()[-1].startswith(
        "the run failed: the processes of this run cannot reach each other: "
    )
    assert "Traceback" not in err


def _torchrun(run: Path, *options: str, steps: int = 100_000) -> subprocess.Popen[str]:
    """Start torchrun with two processes, and wait until they have trained three steps."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"),
            *("--master-port", str(free_port()), *options, "-m", "ganbench"),
            *command("gan-r1-ring8", run, steps, log_every=1, sample_every=0),
        ],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "step 3/" in line:
            break
    return process


@pytest.mark.slow
def test_a_killed_torchrun_leaves_no_process_behind(tmp_path: Path) -> None:
    process = _torchrun(tmp_path / "run")
    children = [
        int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    ]
    assert len(children) == 2
    process.kill()
    process.wait()
    end = time.monotonic() + 30
    while any(_runs(pid) for pid in children):
        assert time.monotonic() < end, "orphans are still training"
        time.sleep(0.1)
    run = Run(tmp_path / "run")
    state = run.read_checkpoint()
    assert state is not None
    assert run.events.read("scalars")[-1]["step"] == state["step"], "they have saved a checkpoint"


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


@pytest.mark.slow
def test_torchrun_starts_both_and_forwards_a_signal(tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = _torchrun(run)
    assert process.stderr is not None
    process.send_signal(signal.SIGTERM)
    output = process.stderr.read()
    process.wait()
    steps = Run(run).checkpoint_steps()
    assert re.search(
        rf"stopped at step {steps[0]}, checkpoint saved; continue with: ganbench resume", output
    ), output
    check_single_writer(Run(run), list(range(1, steps[0] + 1)))


@pytest.mark.slow
def test_torchrun_starts_a_killed_process_again_and_the_run_continues(tmp_path: Path) -> None:
    run = tmp_path / "run"
    # A process may find the address of one that has just ended, and then needs another start.
    process = _torchrun(run, "--max-restarts", "3", "--monitor-interval", "0.1", steps=200)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[1]), signal.SIGKILL)
    assert process.stderr is not None
    output = process.stderr.read()
    assert process.wait() == 0, output
    assert re.search(r"resuming at step \d+ of 200", output), output
    steps = [event["step"] for event in Run(run).events.read("scalars")]
    assert steps == list(range(1, 201)), "no step is lost or trained twice"


def test_two_processes_score_as_one(cli: CommandLine, tmp_path: Path) -> None:
    scored = {"evaluate_every": 10, "evaluate_samples": 101, "evaluate_metrics": "[kd]", "sample_every": 0}
    features = {"evaluate_features": "pixels"}

    def train_command(out: str) -> list[str]:
        words = command("dcgan-shapes", tmp_path / out, 10, **scored, **features)
        return [word.replace("data.size=40", "data.size=120") for word in words]

    code, _, err = cli.run(*train_command("one"))
    assert code == 0, err
    run = Run(tmp_path / "one")
    words = ["evaluate", run.path, "--json", "--n", "251", "--metrics", "kd", "--features", "pixels"]
    code, alone, err = cli.run(*words)
    assert code == 0, err
    two = start_two(cli, *words)
    finish(two)
    assert two[1].out == ""
    (own,), (shared,) = json.loads(alone), json.loads(two[0].out)
    assert shared["value"] == pytest.approx(own["value"], rel=1e-6)
    assert len(list(run.eval.glob("*.json"))) == 1
    finish(start_two(cli, *train_command("two")))
    (score,) = Run(tmp_path / "two").events.read("score")
    assert score["name"] == "kd[pixels@16]"
