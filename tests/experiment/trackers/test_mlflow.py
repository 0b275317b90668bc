"""MLflow's local store holds what the log holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.experiment.train import resume, train

CHANGES = {"schedule.sample_every": 6, "schedule.evaluate_every": 6, "schedule.evaluate_samples": 250}


def test_the_store_holds_what_the_log_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow")
    from mlflow.tracking import MlflowClient

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "store").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    run = train(tiny_recipe("gan-ring8", CHANGES), out=tmp_path / "run", track=["mlflow"])
    resume(run, steps=15, track=["mlflow"])
    client = MlflowClient()
    experiment = client.get_experiment_by_name("ganbench")
    assert experiment is not None
    (entry,) = client.search_runs([experiment.experiment_id])
    assert entry.info.run_name == "run"
    assert entry.info.status == "FINISHED"
    assert entry.data.params["schedule.steps"] == "12"  # as the run began
    assert entry.data.params["networks.G.target"] == "ganbench.networks:MLPGenerator"

    def stored(name: str) -> list[tuple[int, float]]:
        metrics = client.get_metric_history(entry.info.run_id, name)
        return sorted((metric.step, metric.value) for metric in metrics)

    for name in ("D/adversarial", "G/adversarial"):
        assert stored(name) == [(e["step"], e[name]) for e in run.events.read("scalars")]
    assert stored("modes") == [(e["step"], e["value"]) for e in run.events.read("score")]
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir()
    folder = Path(client.download_artifacts(entry.info.run_id, "", str(artifacts)))
    grids = [f"step-{step:08d}.png" for step in (6, 12, 15)]
    assert sorted(path.name for path in (folder / "samples").iterdir()) == grids
    record = json.loads((folder / "record.json").read_text())
    assert record["status"] == "finished"
    assert record["step"] == 15


def test_a_store_that_cannot_be_opened_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "store").as_uri())
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    with pytest.raises(
        UserError, match=r"MLflow cannot show .*run: MlflowException: The filesystem tracking"
    ):
        train(tiny_recipe("gan-ring8"), out=tmp_path / "run", track=["mlflow"])
    assert not (tmp_path / "run").exists()
