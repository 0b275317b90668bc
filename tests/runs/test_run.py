"""The run folder: created atomically, trained by one process at a time, and its contents."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.runs.checkpoint import save_checkpoint
from ganbench.runs.run import Run
from ganbench.utils.files import write_json

RECIPE = tiny_recipe("gan-ring8")
META = {"seed": 4, "machine": {}, "data": RECIPE.data().info.to_dict()}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "run", RECIPE, META)


def state(step: int) -> dict[str, object]:
    return {"step": step, "networks": {}, "average": {}, "log": {}}


def test_a_new_run(run: Run) -> None:
    again = Run(run.path)
    assert again.recipe() == RECIPE
    assert again.meta["seed"] == 4
    assert again.info == RECIPE.data().info
    assert again.checkpoint_steps() == []
    assert again.best_step() is None
    assert again.read_checkpoint() is None
    assert again.events.read() == []
    assert str(run.path) in repr(run)


def test_an_existing_folder_is_not_overwritten(run: Run) -> None:
    with pytest.raises(UserError, match=r"exists; give another --out, or continue it with `ganbench resume"):
        Run.create(run.path, RECIPE, META)
    assert [p.name for p in run.path.parent.iterdir()] == ["run"]


def test_files_of_a_killed_process_with_the_same_id_are_removed(tmp_path: Path) -> None:
    (tmp_path / f".run.{os.getpid()}").mkdir()
    Run.create(tmp_path / "run", RECIPE, META)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is not a run: it holds no recipe.json"):
        Run(tmp_path)
    with pytest.raises(UserError, match="does not exist"):
        Run(tmp_path / "none")


def test_one_trainer_at_a_time(run: Run) -> None:
    with run.lock():
        with pytest.raises(UserError, match="another process is training"), Run(run.path).lock():
            pass
        assert Run(run.path).recipe() == RECIPE  # reading needs no lock
    with run.lock():
        pass


def test_the_lock_ends_with_its_process(run: Run) -> None:
    child = os.fork()
    if child == 0:
        run.lock().__enter__()
        os._exit(0)
    os.waitpid(child, 0)
    with run.lock():
        pass


@pytest.mark.parametrize(
    ("better", "values", "best"),
    [
        ("lower", [(4, 9.0), (8, 3.0), (12, 5.0)], 8),
        ("higher", [(4, 9.0), (8, 3.0), (12, 5.0)], 4),
        ("higher", [(4, 8.0), (8, 8.0), (12, 5.0)], 8),  # the later of equals
        ("lower", [(4, 1.0), (8, 8.0), (12, 1.0)], 12),
    ],
)
def test_the_best_step(run: Run, better: str, values: list[tuple[int, float]], best: int) -> None:
    for step, value in values:
        run.events.append("score", step, name="a", value=value, better=better)
        run.events.append("score", step, name="b", value=-step, better="lower")
        run.events.append("scalars", step, value=1e9)
    assert run.best_step() == best


def test_checkpoints_by_step(run: Run) -> None:
    for step in (3, 12, 5):
        save_checkpoint(run.checkpoints, state(step))
    run.events.append("score", 5, name="a", value=1.0, better="lower")
    run.events.append("score", 12, name="a", value=2.0, better="lower")
    assert run.checkpoint_steps() == [12, 5, 3]
    for request, step in ((None, 12), (3, 3), ("best", 5), (5, 5)):
        checkpoint = run.read_checkpoint(request)
        assert checkpoint is not None
        assert checkpoint["step"] == step
    with pytest.raises(UserError, match="no checkpoint of step 4; there are: 12, 5, 3"):
        run.read_checkpoint(4)
    (run.checkpoints / "step-00000012" / "manifest.json").unlink()
    assert [p.name for p in run.intact_checkpoints()] == ["step-00000005", "step-00000003"]


def test_json_is_written_atomically(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        write_json(path, {"a": 2})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_only_temporary_files_are_removed(run: Run) -> None:
    temporary = [run.path / ".events.jsonl.0a1b2c3d.tmp", run.samples / ".step-00000001.png.0a1b2c3d.tmp"]
    for path in temporary:
        path.touch()
    (run.samples / "step-00000001.png").touch()
    before = {p for p in run.path.rglob("*") if p not in temporary}
    run.remove_temporary_files()
    assert set(run.path.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "fault"),
    [("x" * 256, "cannot be created: File name too long"), ("a\0b", "it has a zero character")],
)
def test_a_name_that_no_folder_can_have_is_refused(tmp_path: Path, name: str, fault: str) -> None:
    with pytest.raises(UserError, match=fault):
        Run.create(tmp_path / name, tiny_recipe("gan-ring8"), {})
    assert list(tmp_path.iterdir()) == []
