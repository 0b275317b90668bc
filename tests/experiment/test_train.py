"""Runs that are stopped, fail, or cannot be written: what is left is whole, and the message says what to do."""

from __future__ import annotations

import errno
import os
import random
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.command_line import CommandLine
from tests.support.edit import edit_json
from tests.support.recording import record, repetitions
from tests.support.training import (
    STEPS,
    draw_figures,
    final_state,
    override_arguments,
    read_files,
    stop_after,
    tiny_overrides,
    tiny_recipe,
    train_until,
)

import ganbench.runs.run
from ganbench.errors import RunError, Stopped, UserError
from ganbench.experiment.train import resume, train
from ganbench.report.run_data import read_run_data
from ganbench.runs.checkpoint import list_checkpoints, read_checkpoint
from ganbench.runs.event_log import EventLog
from ganbench.runs.run import Run
from ganbench.utils.console import SilentConsole


def quick(out: Path, **schedule: Any) -> list[str]:
    """The command that trains a small run whose steps take some milliseconds."""
    named = {f"schedule.{k}": v for k, v in {"sample_every": 0, **schedule}.items()}
    changes = {**tiny_overrides("gan-r1-ring8"), "networks.G.width": 64, "networks.D.width": 64, **named}
    return ["train", "gan-r1-ring8", "--budget", "laptop", "--out", str(out), *override_arguments(changes)]


# --- signals ---------------------------------------------------------------------------------------------------------

SIGNALS = repetitions(25, 5)  # of each kind


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_after_the_running_step_with_a_checkpoint(
    cli: CommandLine, tmp_path: Path, number: signal.Signals
) -> None:
    command = quick(tmp_path / "run", steps=100_000, log_every=1, checkpoint_every=50)
    moments, seconds, path = random.Random(number), [], tmp_path / "run"
    child = cli.start(*command)
    child.wait_for("step 1/")
    for _ in range(SIGNALS):
        time.sleep(moments.uniform(0, 0.06))
        sent = time.monotonic()
        child.kill(number)
        code = child.wait()
        seconds.append(time.monotonic() - sent)
        assert code == 128 + number, child.err
        run, last = Run(path), child.err.splitlines()[-1]
        step = run.checkpoint_steps()[0]
        assert last == f"stopped at step {step}, checkpoint saved; continue with: ganbench resume {path}"
        assert "Traceback" not in child.err
        assert child.out == ""
        assert run.events.read("scalars")[-1]["step"] == step  # the step that ran was the last
        read_checkpoint(list_checkpoints(run.checkpoints)[0])
        child = cli.start("resume", path)
        child.wait_for("resuming at step")
        child.wait_for(f"step {step + 1}/")
    child.kill()
    child.wait()
    p95 = sorted(seconds)[int(0.95 * len(seconds))]
    record(f"{number.name} to exit", times=len(seconds), p95_seconds=round(p95, 3))


def test_a_run_stopped_by_signals_ends_as_one_that_was_not(cli: CommandLine, tmp_path: Path) -> None:
    steps = {"steps": 400, "log_every": 1, "checkpoint_every": 1000}
    assert cli.run(*quick(tmp_path / "whole", **steps))[0] == 0
    child, stops = cli.start(*quick(tmp_path / "run", **steps)), 0
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        child.wait_for("images/s")
        child.kill(number)
        stops += child.wait() == 128 + number
        child = cli.start("resume", tmp_path / "run")
    assert child.wait() == 0, child.err
    assert stops >= 2
    run, whole = Run(tmp_path / "run"), Run(tmp_path / "whole")
    assert final_state(run, 400) == final_state(whole, 400)


def test_a_second_signal_stops_at_once(cli: CommandLine, tmp_path: Path) -> None:
    # A step of some seconds, so that the first signal cannot be answered at once.
    slow = quick(tmp_path / "run", log_every=1, batch=20_000)
    child = cli.start(*slow, "algorithm.critic_steps=300")
    while not (tmp_path / "run" / "events.jsonl").exists():
        time.sleep(0.01)
    time.sleep(0.3)
    child.kill(signal.SIGTERM)
    time.sleep(0.3)
    headings = [line.partition(":")[0] for line in child.err.splitlines()]
    assert headings == ["run", "machine", "data", "networks", "plan"]
    child.kill(signal.SIGINT)
    assert child.wait() == 130
    assert Run(tmp_path / "run").read_checkpoint() is None  # it did not wait for the step's end


def test_the_second_signal_leaves_earlier_checkpoints_whole(cli: CommandLine, tmp_path: Path) -> None:
    for i in range(repetitions(10, 5)):
        path = tmp_path / str(i)
        child = cli.start(*quick(path, steps=100_000, log_every=1, checkpoint_every=1))
        child.wait_for("step 3/")
        child.kill(signal.SIGTERM)
        child.kill(signal.SIGINT)
        assert child.wait() in (130, 143)
        for checkpoint in list_checkpoints(Run(path).checkpoints):
            read_checkpoint(checkpoint)
        assert Run(path).checkpoint_steps()[0] >= 2


def test_a_signal_at_the_last_step_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_after(monkeypatch, STEPS)
    run = train(tiny_recipe("gan-ring8"), out=tmp_path / "run")
    assert run.checkpoint_steps()[0] == STEPS


def test_the_exception_says_which_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_after(monkeypatch, 2)
    with pytest.raises(
        Stopped, match="stopped at step 2, checkpoint saved; continue with: ganbench resume"
    ) as stopped:
        train(tiny_recipe("gan-ring8"), out=tmp_path / "run")
    assert stopped.value.signal == signal.SIGTERM


# --- a full disk -----------------------------------------------------------------------------------------------------

LIMITS = repetitions(40, 10)


@pytest.mark.slow
def test_whatever_file_cannot_be_written_the_run_fails_in_good_order(
    cli: CommandLine, tmp_path: Path
) -> None:
    base = quick(tmp_path / "base", steps=30, log_every=1, checkpoint_every=5, sample_every=10, samples=8)
    child = cli.start(*base)
    assert child.wait() == 0, child.err
    largest = max(len(content) for content in read_files(tmp_path / "base").values())
    assert largest > 50_000
    failed_at: dict[str, int] = {}
    for i in range(LIMITS):
        late = i % 2  # checkpoints come late, so that the log or a picture is what fails first
        limit = 2500 + i * ((12_000 if late else largest) - 2500) // LIMITS
        path = tmp_path / f"limit-{i}"
        every = {"checkpoint_every": 25 if late else 5, "sample_every": 20 if late else 10}
        command = quick(path, steps=30, log_every=1, samples=8, **every)
        code, out, err = cli.run(*command, largest_file=limit)
        assert code == 3, (limit, err)
        last = err.splitlines()[-1]
        assert last.startswith("the run failed: ")
        assert "File too large" in last
        assert "checkpoints are intact" in last
        assert "Traceback" not in err
        assert out == ""
        run = Run(path)
        for checkpoint in list_checkpoints(run.checkpoints):
            read_checkpoint(checkpoint)
        left = [p for p in path.rglob(".*") if p.name != ".lock"]
        assert left == []
        which = (
            "a checkpoint"
            if "/checkpoints" in last
            else "a picture"
            if re.search("/(samples|critic)", last)
            else "the log"
        )
        failed_at[which] = failed_at.get(which, 0) + 1
        if i % 8 == 0:  # with room again it goes on
            code, _, err = cli.run("resume", path)
            assert code == 0, err
            assert final_state(run, 30)["events"] == final_state(Run(tmp_path / "base"), 30)["events"]
            assert (
                final_state(run, 30)["manifest.json"]
                == final_state(Run(tmp_path / "base"), 30)["manifest.json"]
            )
    record("full disk", sizes=LIMITS, **{f"at {where}": count for where, count in failed_at.items()})
    assert sum(failed_at.values()) == LIMITS
    assert failed_at.keys() >= {"a checkpoint", "the log"}


def test_a_run_folder_that_cannot_be_made(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file" / "run", tmp_path / "file"):
        code, _, err = cli.run(*quick(out))
        assert code == 2
        assert err.startswith("error: ")
        assert err.count("\n") == 1
    code, _, err = cli.run(*quick(tmp_path / "run"), largest_file=400)
    assert (code, err) == (2, f"error: the run folder {tmp_path / 'run'} cannot be created: File too large\n")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["mkdir", "rename", "touch"])
def test_no_permission_for_the_run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    original = getattr(Path, name)

    def refuse(path: Path, *arguments: Any, **named: Any) -> Any:
        if "run" in path.name or path.parent.name.startswith(".run"):
            raise PermissionError(13, "Permission denied", str(path))
        return original(path, *arguments, **named)

    monkeypatch.setattr(Path, name, refuse)
    with pytest.raises(UserError, match="cannot be created: Permission denied"):
        train(tiny_recipe("gan-ring8"), out=tmp_path / "run")
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["events", "picture"])
def test_a_failing_disk_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def refuse(*arguments: Any, **named: Any) -> None:
        raise OSError(28, "No space left on device")

    recipe = tiny_recipe("gan-ring8", {"schedule.checkpoint_every": 2})
    if where == "events":
        monkeypatch.setattr("ganbench.runs.event_log.EventLog.append", refuse)
    else:
        monkeypatch.setattr("ganbench.experiment.run_hooks.write_bytes", refuse)
    with pytest.raises(RunError, match=r"No space left on device.*checkpoints are intact") as failed:
        train(recipe, out=tmp_path / "run")
    monkeypatch.undo()
    assert "\n" not in str(failed.value)
    assert Run(tmp_path / "run").checkpoint_steps()[0] == 2
    whole = train(recipe, out=tmp_path / "whole")
    assert final_state(resume(tmp_path / "run")) == final_state(whole)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_disk_that_is_full_for_the_log_too_does_not_hide_why_the_run_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    append = EventLog.append

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    def refuse_failures(log: EventLog, kind: str, step: int, **values: Any) -> None:
        refuse() if kind == "failure" else append(log, kind, step, **values)

    monkeypatch.setattr(EventLog, "append", refuse_failures)
    monkeypatch.setattr("ganbench.runs.checkpoint._write_files", refuse)
    with pytest.raises(
        RunError, match=rf"checkpoint of step 5 could not be written to .*{os.strerror(number)}"
    ):
        train(tiny_recipe("gan-ring8"), out=tmp_path / "run")


def test_a_file_that_cannot_be_written_is_named_and_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def refuse_pictures(descriptor: int) -> None:
        if "/samples/" in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_pictures)
    with pytest.raises(
        RunError, match=r"samples/step-00000004.png could not be read or written \(No space left"
    ):
        train(tiny_recipe("gan-ring8"), out=tmp_path / "run")
    (failure,) = Run(tmp_path / "run").events.read("failure")
    assert "step-00000004.png could not be" in failure["error"]


def test_a_failed_sync_of_the_checkpoints_folder_is_forgotten_once_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[Path] = []

    def fail_once(folder: Path) -> None:
        syncs.append(folder)
        if folder.name == "checkpoints" and len(syncs) == 4:  # the second checkpoint, after it was renamed
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("ganbench.runs.checkpoint._sync", fail_once)
    with pytest.raises(RunError, match="checkpoint of step 10 could not be written"):
        train(tiny_recipe("gan-ring8"), out=tmp_path / "run")
    run = Run(tmp_path / "run")
    assert run.checkpoint_steps() == [10, 5]
    assert read_run_data(run).state == "failed"
    resume(run)
    assert read_run_data(run).state == "finished"
    assert final_state(run) == final_state(train(tiny_recipe("gan-ring8"), out=tmp_path / "whole"))


# --- pictures and layers on the way ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gan1d-nonsaturating", "gan-ring8"])
def test_points_come_with_pictures_of_what_d_makes_of_them(tmp_path: Path, name: str) -> None:
    with draw_figures():
        run, again = (train(tiny_recipe(name), out=tmp_path / folder) for folder in ("run", "again"))
    assert [p.name for p in sorted(run.critic.iterdir())] == [p.name for p in sorted(run.samples.iterdir())]
    pictures = list(read_files(run.critic).values())
    assert len(set(pictures)) == len(pictures) == 3
    assert read_files(again.critic) == read_files(run.critic)


def test_where_d_judges_no_single_points_there_are_none(tmp_path: Path) -> None:
    for name, changes in (("gan-ring8", {"algorithm.packing": 2}), ("dcgan-shapes", {})):
        run = train(tiny_recipe(name, changes), out=tmp_path / name)
        assert len(list(run.samples.iterdir())) == 3
        assert not run.critic.exists()


@pytest.mark.parametrize("name", ["gan-ring8", "dcgan-shapes"])
def test_pictures_and_layers_do_not_touch_the_training(tmp_path: Path, name: str) -> None:
    off = {"schedule.sample_every": 0, "schedule.layers_every": 0}
    plain = train(tiny_recipe(name, off), out=tmp_path / "plain")
    assert plain.events.read("layers") == []
    ours, theirs = final_state(train(tiny_recipe(name), out=tmp_path / "run")), final_state(plain)
    for part in ("networks.safetensors", "state.safetensors"):
        assert ours[part] == theirs[part]


def test_layers_are_told_by_name_for_every_network_that_moves(tmp_path: Path) -> None:
    run = train(tiny_recipe("veegan-ring8"), out=tmp_path / "run")
    told = run.events.read("layers")
    assert [event["step"] for event in told] == [4, 8, 12]
    networks = read_checkpoint(list_checkpoints(run.checkpoints)[0])["networks"]  # not the averaged ones
    weights = {name: w for name, w in networks.items() if name.endswith(("weight", "bias"))}
    assert [sorted(event["parameters"]) for event in told] == [sorted(weights)] * 3
    last = told[-1]["parameters"]
    for name, weight in weights.items():
        gradient, mean, std = last[name]
        assert gradient >= 0
        assert mean == pytest.approx(weight.mean().item(), rel=1e-4, abs=1e-7)
        assert std == pytest.approx(weight.std(correction=0).item(), rel=1e-4, abs=1e-7)


# --- refusals --------------------------------------------------------------------------------------------------------


def test_two_trainers_of_one_run(tmp_path: Path) -> None:
    run = train_until(tiny_recipe("gan-ring8"), tmp_path / "run", 3)
    before = read_files(run.path)
    with run.lock(), pytest.raises(UserError, match="another process is training"):
        resume(run, steps=40)
    assert read_files(run.path) == before  # its recipe, too
    assert resume(run).checkpoint_steps()[0] == STEPS


def test_other_data_than_it_began_with(tmp_path: Path) -> None:
    run = train_until(tiny_recipe("gan-ring8"), tmp_path / "run", 3)
    edit_json(run.path / "recipe.json", lambda recipe: recipe["data"].update(seed=5))
    with pytest.raises(UserError, match=r"the data set ring8 is not the one that .* was trained on"):
        resume(run)


def test_steps_that_are_done_already(tmp_path: Path) -> None:
    run = train_until(tiny_recipe("gan-ring8"), tmp_path / "run", 3)
    before = read_files(run.path)
    with pytest.raises(UserError, match="is at step 3 already, past --steps 2"):
        resume(run, steps=2)
    assert read_files(run.path) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"schedule.evaluate_every": 3, "schedule.evaluate_samples": 100},  # too few
        {"schedule.evaluate_every": 3, "data": "mixture1d", "schedule.evaluate_samples": 10},
    ],
)
def test_an_evaluation_that_could_not_be_made_is_refused_before_training(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(UserError, match="needs at least 250 samples"):
        train(tiny_recipe("gan-ring8", changes), out=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_diverges_fails_and_names_the_term(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"'[DG]/\w+' became (nan|inf) by step \d+: the run diverged"):
        train(
            tiny_recipe("gan-ring8", {"optimizers.G.lr": 1e30, "optimizers.D.lr": 1e30}), out=tmp_path / "run"
        )
    run = Run(tmp_path / "run")
    assert run.checkpoint_steps() == []
    assert re.search(
        r"starting in (the output of )?[DG]\.|starting in an update of [DG]",
        run.events.read("failure")[0]["error"],
    )


def test_what_is_wrong_is_told_once_while_it_trains_and_not_again_after_a_resume(tmp_path: Path) -> None:
    said: list[str] = []

    class Hears(SilentConsole):
        def warn(self, text: str) -> None:
            said.append(text)

    changes = {"optimizers.G.lr": 0.0, "optimizers.D.lr": 0.0, "schedule.layers_every": 2}
    recipe = tiny_recipe("gan-ring8", changes)
    train_until(recipe, tmp_path / "cut", 10)
    resume(tmp_path / "cut", console=Hears())
    assert said == []
    train(recipe, out=tmp_path / "run", console=Hears())
    (line,) = said
    assert re.match(r"step 6: the weights of D and G are frozen: .*; to try: check the learning rates", line)


def test_without_a_name_the_folder_has_the_recipes_and_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = tiny_recipe("gan-ring8", {"schedule.steps": 1, "schedule.sample_every": 0})
    runs = [train(recipe, seed=seed).path for seed in (0, 0, 1, 0)]
    assert [str(p) for p in runs] == [
        "runs/gan-ring8-seed0", "runs/gan-ring8-seed0-2", "runs/gan-ring8-seed1", "runs/gan-ring8-seed0-3",
    ]  # fmt: skip
    assert ganbench.runs.run.Run(runs[2]).meta["seed"] == 1


def test_training_leaves_the_callers_random_state_alone(tmp_path: Path) -> None:
    import torch

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train(tiny_recipe("dcgan-shapes", {"schedule.steps": 2}), out=tmp_path / "run")
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(("processes_threads", "expected"), [(4, 3), (2, 2)])
def test_a_resumed_run_takes_no_more_threads_than_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes_threads: int, expected: int
) -> None:
    recipe = tiny_recipe("gan-ring8", {"machine.threads": None, "schedule.steps": 4})
    run = train(recipe, out=tmp_path / "run")
    edit_json(run.path / "meta.json", lambda meta: meta["machine"].update(threads=3))
    torch.set_num_threads(2)
    monkeypatch.setattr("ganbench.experiment.train.threads_per_process", lambda: processes_threads)
    monkeypatch.setattr("ganbench.training.engine.threads_per_process", lambda processes: processes_threads)
    threads: list[int] = []
    monkeypatch.setattr(
        "ganbench.experiment.run_loop.RunLoop.train", lambda *_: threads.append(torch.get_num_threads())
    )
    resume(run, steps=6)
    assert threads == [expected]


def test_training_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    """Neither the caller's settings nor its random numbers change; nor do they change the run."""
    recipe = tiny_recipe("dcgan-shapes", {"schedule.steps": 2, "machine.threads": 2})
    expected = train(recipe, out=tmp_path / "a")
    tiny = torch.full((1 << 16,), 1e-39)
    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad():
            run = train(recipe, out=tmp_path / "b")
            assert torch.get_default_dtype() == torch.float64
            assert not torch.is_grad_enabled()
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.get_num_threads() == 1
    assert (tiny * 0.5 != 0).all()
    assert read_files(run.checkpoints) == read_files(expected.checkpoints)
    assert read_files(run.samples) == read_files(expected.samples)


def test_a_resumed_run_keeps_its_thread_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = train(
        tiny_recipe("gan-ring8", {"machine.threads": None}),
        out=tmp_path / "run",
        overrides={"schedule.steps": 4},
    )
    edit_json(run.path / "meta.json", lambda meta: meta["machine"].update(threads=1))
    threads: list[int] = []
    monkeypatch.setattr(
        "ganbench.experiment.run_loop.RunLoop.train", lambda *_: threads.append(torch.get_num_threads())
    )
    torch.set_num_threads(2)
    resume(run, steps=6)
    assert (threads, torch.get_num_threads()) == ([1], 2)
