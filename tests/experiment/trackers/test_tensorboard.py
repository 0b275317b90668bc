"""TensorBoard shows what events.jsonl holds."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.support.training import stop_after, tiny_recipe, train_until

from ganbench.errors import UserError
from ganbench.experiment.train import resume, train
from ganbench.runs.run import Run

RECIPE = tiny_recipe("gan-ring8", {"schedule.sample_every": 0})


def mirrored(run: Run) -> dict[str, list[tuple[int, float]]]:
    module = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    mirror: Any = module.EventAccumulator(str(run.path / "tensorboard"))
    mirror.Reload()
    return {tag: [(e.step, e.value) for e in mirror.Scalars(tag)] for tag in mirror.Tags()["scalars"]}


def told(run: Run) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for event in run.events.read("scalars"):
        for name, value in event.items():
            if name not in ("kind", "step", "kimg"):
                found.setdefault(name, []).append((event["step"], value))
    for event in run.events.read("speed"):
        found.setdefault("images_per_second", []).append((event["step"], event["images_per_second"]))
    return found


def same(run: Run) -> None:
    ours, theirs = told(run), mirrored(run)
    assert ours.keys() == theirs.keys() >= {"D/adversarial", "G/adversarial", "images_per_second"}
    for name, values in ours.items():
        assert [step for step, _ in values] == [step for step, _ in theirs[name]]
        tolerance = 0.1 if name == "images_per_second" else 0.0  # the log rounds speeds
        assert [v for _, v in values] == pytest.approx([v for _, v in theirs[name]], rel=1e-6, abs=tolerance)


def test_the_mirror_holds_what_the_log_holds(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    threads = threading.active_count()
    run = train(RECIPE, out=tmp_path / "run", track=["tensorboard"])
    assert threading.active_count() == threads  # the writer's is closed
    assert len(told(run)["D/adversarial"]) == 4
    same(run)


def test_a_resumed_run_overwrites_what_a_crash_had_told(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")

    class Crash(Exception):
        pass

    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, 9, Crash())
        with pytest.raises(Crash):
            train(RECIPE, out=tmp_path / "run", track=["tensorboard"])
    run = resume(tmp_path / "run", track=["tensorboard"])
    assert [step for step, _ in mirrored(run)["D/adversarial"]] == [3, 6, 9, 12]
    same(run)


def test_without_tensorboard_it_is_refused_before_a_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = train_until(RECIPE, tmp_path / "stopped", 2)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(UserError, match=r"TensorBoard is not installed: pip install 'ganbench\[track\]'"):
        train(RECIPE, out=tmp_path / "run", track=["tensorboard"])
    with pytest.raises(UserError, match="TensorBoard"):
        resume(stopped, track=["tensorboard"])
    assert [p.name for p in tmp_path.iterdir()] == ["stopped"]
