from __future__ import annotations

import errno
import os
import re
import resource
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from ganbench.errors import RunError
from ganbench.runs.checkpoint import (
    CheckpointError,
    list_checkpoints,
    read_checkpoint,
    read_manifest,
    save_checkpoint,
)
from ganbench.utils.checkpoint_files import manifest_text


def state_of(step: int) -> dict[str, Any]:
    return {
        "step": step,
        "networks": {"G.w": torch.full((3, 2), float(step))},
        "average": {},
        "optimizers": {
            "G": {"state": {0: {"m": torch.ones(2)}}, "param_groups": [{"betas": (0.5, 0.9), "x": None}]}
        },
        "log": {"counts": {"a": 3}, "flags": [True, "text", 1.5]},
    }


def test_a_state_is_read_as_it_was_saved(tmp_path: Path) -> None:
    state = state_of(7)
    layout = torch.arange(24.0).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last)
    shared = torch.arange(6.0)
    state["networks"] |= {"layout": layout, "view": shared[2:], "same": shared, "none": torch.empty(0, 3)}
    path = save_checkpoint(tmp_path, state)
    assert path == tmp_path / "step-00000007"
    loaded = read_checkpoint(path)
    assert loaded.keys() == state.keys()
    for name, tensor in state["networks"].items():
        assert torch.equal(loaded["networks"][name], tensor)
    assert loaded["optimizers"]["G"]["param_groups"] == [{"betas": (0.5, 0.9), "x": None}]
    assert torch.equal(loaded["optimizers"]["G"]["state"][0]["m"], torch.ones(2))
    assert loaded["log"] == state["log"]


def test_only_tensors_and_plain_values_can_be_saved(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="set"):
        save_checkpoint(tmp_path, {**state_of(1), "log": {"a": {1, 2}}})
    assert list(tmp_path.iterdir()) == []


def test_files_of_a_killed_process_with_the_same_id_are_removed(tmp_path: Path) -> None:
    (tmp_path / f".writing-step-00000003-{os.getpid()}").mkdir()
    (tmp_path / f".writing-step-00000003-{os.getpid()}" / "old").touch()
    path = save_checkpoint(tmp_path, state_of(3))
    assert "old" not in {p.name for p in path.iterdir()}
    assert list(tmp_path.iterdir()) == [path]


def test_saving_a_step_again_replaces_it(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, state_of(3))
    (tmp_path / "step-00000003" / "networks.safetensors").write_bytes(b"damaged")
    save_checkpoint(tmp_path, state_of(3))
    assert read_checkpoint(tmp_path / "step-00000003")["networks"]["G.w"].sum() == 18
    assert len(list(tmp_path.iterdir())) == 1


def test_other_entries_of_the_folder_are_ignored(tmp_path: Path) -> None:
    for name in ("step-x", ".writing-step-00000001-5", "step-", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "step-00000009").touch()
    for step in (10, 2, 123_456_789):
        save_checkpoint(tmp_path, state_of(step))
    assert [int(p.name[5:]) for p in list_checkpoints(tmp_path)] == [123_456_789, 10, 2]
    assert list_checkpoints(tmp_path / "missing") == []


class FailAt:
    """Counts calls of the system functions that write, and makes one of them fail."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int, number: int) -> None:
        self.calls, self.at, self.number = 0, at, number
        for owner, name in ((os, "fsync"), (Path, "mkdir"), (Path, "rename"), (Path, "open")):
            patch.setattr(owner, name, self.failing(getattr(owner, name), fails_after=name == "open"))

    def failing(self, function: Callable[..., Any], fails_after: bool) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            mode = arguments[1] if fails_after and len(arguments) > 1 else "w"
            writes = "w" in mode or "x" in mode
            self.calls += writes
            if writes and self.calls == self.at:
                if fails_after:
                    function(*arguments, **named).close()  # the file exists, but is empty
                raise OSError(self.number, os.strerror(self.number))
            return function(*arguments, **named)

        return call


WRITES = 15  # 2 folders; 5 files, each opened and synced; 2 syncs of a folder; 1 rename


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT])
@pytest.mark.parametrize("again", [False, True])
def test_if_any_write_fails_earlier_checkpoints_are_intact(tmp_path: Path, number: int, again: bool) -> None:
    earlier = save_checkpoint(tmp_path, state_of(1))
    newest, at = save_checkpoint(tmp_path, state_of(2)) if again else None, 0
    while True:
        at += 1
        with pytest.MonkeyPatch.context() as patch:
            failing = FailAt(patch, at, number)
            try:
                save_checkpoint(tmp_path, state_of(2))
            except RunError as error:
                message = str(error)
            else:
                break
        assert failing.calls == at
        assert "checkpoint of step 2 could not be written" in message
        assert os.strerror(number) in message
        assert "earlier checkpoints are intact" in message
        assert read_checkpoint(earlier)["step"] == 1
        for path in list_checkpoints(tmp_path):
            read_checkpoint(path)
        assert not list(tmp_path.glob(".writing-*"))
    assert at - 1 in (WRITES, WRITES + 1)  # one more if an old checkpoint is renamed
    assert read_checkpoint(tmp_path / "step-00000002")["step"] == 2
    assert newest is None or newest.exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("networks", "the weights 'G.w'"),
        ("average", "the averaged weights 'G.w'"),
        ("optimizers", "the state of the optimizers 'G.state.0.m'"),
        ("algorithm", "the algorithm's buffers 'p'"),
    ],
)
def test_a_state_that_is_not_finite_is_refused_by_name_when_saved_and_when_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: float, part: str, name: str
) -> None:
    state = state_of(7)
    state |= {"average": {"G.w": torch.ones(3)}, "algorithm": {"p": torch.zeros(())}}
    save_checkpoint(tmp_path, {**state, "step": 1})
    tensor = (
        state["optimizers"]["G"]["state"][0]["m"]
        if part == "optimizers"
        else next(iter(state[part].values()))
    )
    tensor.view(-1)[-1] = value
    with pytest.raises(
        RunError, match=rf"^{re.escape(name)} became infinite or NaN by step 7: the run diverged; no"
    ):
        save_checkpoint(tmp_path, state)
    assert [p.name for p in tmp_path.iterdir()] == ["step-00000001"]
    with monkeypatch.context() as patch:  # as an earlier version saved it
        patch.setattr("ganbench.runs.checkpoint._nonfinite", lambda _: "")
        path = save_checkpoint(tmp_path, state)
    with pytest.raises(
        CheckpointError, match=f"step-00000007 is of no use: {re.escape(name)} became infinite or NaN"
    ):
        read_checkpoint(path)


def test_the_log_of_a_state_may_hold_a_nan(tmp_path: Path) -> None:
    state = {**state_of(1), "log": {"sums": {"D/a": torch.tensor(float("nan"))}}}
    assert torch.isnan(read_checkpoint(save_checkpoint(tmp_path, state))["log"]["sums"]["D/a"])


def test_huge_files_and_pipes_are_refused_unread(tmp_path: Path) -> None:
    for name in ("networks.safetensors", "manifest.json", "state.json"):
        path = save_checkpoint(tmp_path, state_of(1)) / name
        with path.open("r+b") as file:
            file.truncate(60 * 2**30)
        with pytest.raises(CheckpointError, match=f"{name}.*64,?424,?509,?440 bytes"):
            read_checkpoint(path.parent)
        path.unlink()
        os.mkfifo(path)
        with pytest.raises(CheckpointError, match=f"{name} cannot be read .it is not a regular file"):
            read_checkpoint(path.parent)
        shutil.rmtree(path.parent)


def test_a_system_that_cannot_sync_folders_is_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def refuse_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    assert read_checkpoint(save_checkpoint(tmp_path, state_of(3)))["step"] == 3


def test_a_huge_file_of_the_size_in_the_manifest_is_hashed_without_filling_the_memory(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, state_of(1))
    with (path / "networks.safetensors").open("r+b") as file:
        file.truncate(600 * 2**20)
    files = read_manifest(path)["files"]
    files["networks.safetensors"]["bytes"] = 600 * 2**20
    (path / "manifest.json").write_bytes(manifest_text(1, files))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CheckpointError, match=r"networks.safetensors has changed since it was written"):
        read_checkpoint(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024
