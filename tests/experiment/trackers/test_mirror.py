"""The mirror passes on what the log holds, once, and drops a tracker that fails."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.support.training import stop_after, tiny_recipe

from ganbench.errors import Stopped
from ganbench.experiment.trackers import mirror as module
from ganbench.experiment.train import resume, train
from ganbench.runs.run import Run
from ganbench.utils.console import SilentConsole

CHANGES = {"schedule.sample_every": 6, "schedule.evaluate_every": 4, "schedule.evaluate_samples": 250}
RECIPE = tiny_recipe("gan-ring8", CHANGES)


class Recorder:
    """A tracker that remembers its calls."""

    def __init__(self) -> None:
        self.values: dict[str, list[tuple[int, float]]] = {}
        self.pictures: list[tuple[int, str, str]] = []
        self.records: list[Mapping[str, Any]] = []

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self.values.setdefault(name, []).append((step, value))

    def picture(self, step: int, name: str, path: Path) -> None:
        assert path.is_file()
        self.pictures.append((step, name, path.name))

    def close(self, record: Mapping[str, Any]) -> None:
        self.records.append(record)


class Broken(Recorder):
    """A tracker whose server goes away."""

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        raise ConnectionError("the server is gone")


class Warnings(SilentConsole):
    """A console that keeps warnings."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture
def trackers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Recorder]:
    """Stand-ins by name; the test fills them in."""
    created: dict[str, Recorder] = {}
    monkeypatch.setattr("ganbench.experiment.train.require_trackers", lambda names: None)
    monkeypatch.setattr(module, "open_tracker", lambda name, run, step: created[name])
    return created


def logged(run: Run, kind: str) -> dict[str, list[tuple[int, float]]]:
    values: dict[str, list[tuple[int, float]]] = {}
    for event in run.events.read(kind):
        for name, value in event.items():
            if name not in ("kind", "step", "kimg"):
                values.setdefault(name, []).append((event["step"], value))
    return values


def test_everything_logged_arrives_once(trackers: dict[str, Recorder], tmp_path: Path) -> None:
    trackers["wandb"] = trackers["mlflow"] = Recorder()
    run = train(RECIPE, out=tmp_path / "run", track=["wandb"])
    one = trackers["wandb"]
    for name, values in logged(run, "scalars").items():
        assert one.values[name] == values
    assert [step for step, _ in one.values["images_per_second"]] == [3, 6, 9, 12]
    assert one.values["modes"] == [(e["step"], e["value"]) for e in run.events.read("score")]
    assert [step for step, _ in one.values["modes"]] == [4, 8, 12]
    health = logged(run, "health")
    assert health
    assert all(one.values[f"health/{name}"] == values for name, values in health.items())
    assert one.pictures == [(6, "samples", "step-00000006.png"), (12, "samples", "step-00000012.png")]
    (record,) = one.records
    assert record == {
        "step": 12,
        "status": "finished",
        "scores": {"modes": one.values["modes"][-1][1]},
        "best_step": run.best_step(),
    }


def test_a_resumed_run_sends_only_what_is_new(
    trackers: dict[str, Recorder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trackers["wandb"] = first = Recorder()
    with monkeypatch.context() as patch:
        stop_after(patch, 6)
        with pytest.raises(Stopped):
            train(RECIPE, out=tmp_path / "run", track=["wandb"])
    assert first.records[0]["status"] == "stopped"
    trackers["wandb"] = second = Recorder()
    run = resume(tmp_path / "run", track=["wandb"])
    losses = logged(run, "scalars")["D/adversarial"]
    assert first.values["D/adversarial"] + second.values["D/adversarial"] == losses
    assert [step for step, _, _ in first.pictures + second.pictures] == [6, 12]


def test_a_tracker_that_fails_is_left_out_and_the_run_goes_on(
    trackers: dict[str, Recorder], tmp_path: Path
) -> None:
    trackers["wandb"], trackers["mlflow"], console = Broken(), Recorder(), Warnings()
    run = train(RECIPE, out=tmp_path / "run", track=["wandb", "mlflow"], console=console)
    assert run.checkpoint_steps()[0] == 12
    (warning,) = [w for w in console.warnings if "Weights & Biases" in w]
    assert "ConnectionError: the server is gone" in warning
    assert warning.endswith("; the run goes on without it")
    assert not trackers["wandb"].records
    assert len(trackers["mlflow"].records) == 1
