"""Weights & Biases, offline, holds what the log holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.training import draw_figures, tiny_recipe

from ganbench.experiment.trackers.base import run_key
from ganbench.experiment.train import train

CHANGES = {"schedule.sample_every": 6, "schedule.evaluate_every": 6, "schedule.evaluate_samples": 250}
_BLOCK, _HEADER = 32768, 7  # of the file's log format, which is LevelDB's


def records(path: Path) -> Iterator[Any]:
    """Yield the records of an offline file."""
    from wandb.proto import wandb_internal_pb2

    content, position, whole = path.read_bytes(), _HEADER, b""
    while position + _HEADER <= len(content):
        if _BLOCK - position % _BLOCK < _HEADER:
            position += _BLOCK - position % _BLOCK
        size, kind = int.from_bytes(content[position + 4 : position + 6], "little"), content[position + 6]
        whole += content[position + _HEADER : position + _HEADER + size]
        position += _HEADER + size
        if kind in (1, 4):  # a whole record, or its last part
            record = wandb_internal_pb2.Record()
            record.ParseFromString(whole)
            whole = b""
            yield record


def history(path: Path) -> list[dict[str, Any]]:
    return [
        {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in record.history.item}
        for record in records(path)
        if record.WhichOneof("record_type") == "history"
    ]


def test_the_offline_file_holds_what_the_log_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wandb = pytest.importorskip("wandb")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    with draw_figures():
        run = train(tiny_recipe("gan-ring8", CHANGES), out=tmp_path / "run", track=["wandb"])
    wandb.teardown()  # ends its process, as the end of a program does
    (file,) = tmp_path.glob(f"wandb/offline-run-*/run-{run_key(run)}.wandb")
    entries = history(file)
    for name in ("D/adversarial", "G/adversarial"):
        ours = [(event["step"], event[name]) for event in run.events.read("scalars")]
        assert [(e["training_step"], e[name]) for e in entries if name in e] == ours
    scores = [(event["step"], event["value"]) for event in run.events.read("score")]
    assert [(e["training_step"], e["modes"]) for e in entries if "modes" in e] == scores
    grids = [e["training_step"] for e in entries if any(key.startswith("samples") for key in e)]
    assert grids == [6, 12]
    pictures = tmp_path.glob("wandb/offline-run-*/files/media/images/samples_*.png")
    assert sorted(p.read_bytes() for p in pictures) == sorted(p.read_bytes() for p in run.samples.iterdir())
    (record,) = [
        json.loads(item.value_json)
        for r in records(file)
        for item in r.summary.update
        if item.key == "record"
    ]
    assert (record["step"], record["status"]) == (12, "finished")
