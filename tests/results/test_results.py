"""Test that README and docs hold the numbers of the records in ``results/``, and that the records are complete."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
from benchmarks.ablation_summary import summarize as summarize_ablation
from benchmarks.quality import read_records
from benchmarks.quality_summary import summarize as summarize_quality

ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "results" / "runs").glob("*.json"))


#: Metrics of real items instead of samples, and the fields of a record that describe these items.
REAL_ITEM_METRICS = {
    "codes": ("items",),
    "representation": ("held_out",),
    "translation": ("a", "b"),
    "cycle": ("a", "b"),
    "consistency": ("held_out",),
}


def test_the_tables_in_the_docs_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "results"))
    monkeypatch.setattr("sys.argv", ["tables.py", "--check"])
    with pytest.raises(SystemExit) as exit_info:
        runpy.run_path(str(ROOT / "results" / "tables.py"), run_name="__main__")
    assert exit_info.value.code == 0


def test_the_gallery_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "results"))
    monkeypatch.setattr("sys.argv", ["gallery.py", "--check"])
    with pytest.raises(SystemExit) as exit_info:
        runpy.run_path(str(ROOT / "results" / "gallery.py"), run_name="__main__")
    assert exit_info.value.code == 0


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_complete(path: Path) -> None:
    record = json.loads(path.read_text())
    assert record["steps"] == record["settings"]["schedule"]["steps"], "the run is finished"
    assert record["seconds"] > 0
    assert record["curves"]
    assert record["scores"]
    for score in record["scores"]:
        measured = score["measured"]
        assert {"generator", "versions"} <= measured.keys()
        kind = score["name"].partition("[")[0]
        if kind in REAL_ITEM_METRICS:
            assert all(measured[items]["split"] == "test" for items in REAL_ITEM_METRICS[kind])
            continue
        assert measured["samples"] > 0
        if kind in ("disentanglement", "mig"):  # they label samples with a network trained on the run's data
            assert measured["reader"]["fingerprint"] == record["data"]["fingerprint"]
            assert min(measured["reader"]["held_out_quality"].values()) > 0.9
            continue
        assert measured["reference"]["fingerprint"] == record["data"]["fingerprint"]
        assert {"seed", "weights", "samples_for"} <= measured["generator"].keys()
        assert measured["generator"]["samples_for"] == "report"
        assert {"truncation", "labels", "normalisation", "weights"} <= measured["sampling"].keys()
        if score["name"].startswith("fd["):
            assert {"weights_sha256", "preprocessing"} <= measured["features"].keys()
            assert {"interval_95", "real_against_real"} <= score["details"].keys()
    for score in record.get("scores_elsewhere", []):
        assert score["measured"]["reference"]["fingerprint"] != record["data"]["fingerprint"]
    grid = path.parents[1] / "grids" / f"{path.stem}.png"
    if record["settings"]["schedule"]["sample_every"]:  # encoders have no samples
        assert grid.stat().st_size < 300_000


def test_there_are_records() -> None:
    assert RECORDS


@pytest.mark.parametrize("data", ["cifar10-jpeg", "mnist"])
def test_planted_copies_are_detected_and_honest_samples_are_not(data: str) -> None:
    record = json.loads((ROOT / "results" / "memorization.json").read_text())
    assert record["draws"] >= 100
    flagged = record["flagged"][data]
    assert flagged["5% copies"]["p"] >= 0.95 * record["draws"]
    assert flagged["honest"]["p"] <= 0.05 * record["draws"]


def test_scores_of_real_images_agree_with_torch_fidelity() -> None:
    record = json.loads((ROOT / "results" / "agreement.json").read_text())
    assert len(record["pairs"]) >= 5
    assert record["goals"] == {"fd": 1e-4, "kd": 1e-3, "is": 1e-4, "precision": 1e-4, "recall": 1e-4}
    for name, goal in record["goals"].items():
        assert max(pair[name]["in_double"] for pair in record["pairs"].values()) <= goal


def test_the_quality_summary_is_up_to_date() -> None:
    folder = ROOT / "results" / "quality"
    records = read_records(folder)
    stored = json.loads((folder / "summary.json").read_text()) if records else {}
    assert stored == summarize_quality(records)
    assert all(record["finished"] for record in records)


def test_the_ablation_summary_is_up_to_date() -> None:
    folder = ROOT / "results" / "ablation"
    records = read_records(folder)
    stored = json.loads((folder / "summary.json").read_text()) if records else {}
    assert stored == summarize_ablation(records)


def test_the_ablation_table_shows_which_differences_are_resolved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = runpy.run_path(str(ROOT / "results" / "benchmark_tables.py"))["ablation_table"]
    monkeypatch.setitem(table.__globals__, "HERE", tmp_path)
    assert "make bench-ablation" in table()
    rows = {
        "as-it-is": {"base": None, "ratio": None, "interval": None},
        "no-flips": {"base": "as-it-is", "ratio": 1.5, "interval": [1.2, 1.9]},
        "batch-16": {"base": "as-it-is", "ratio": 1.1, "interval": [0.9, 1.3]},
    }
    shared = {"steps": 1200.0, "seconds": 288.4, "values": [500.4, 400.0]}
    variants = {name: {**shared, **row} for name, row in rows.items()}
    summary = {"metric": "fd", "n": 10_000, "budget_seconds": 300.0, "processor": "one", "freedom": 3}
    (tmp_path / "ablation").mkdir()
    text = json.dumps({**summary, "spread": 0.1, "variants": variants})
    (tmp_path / "ablation" / "summary.json").write_text(text)
    assert "| no-flips | 1,200 | 288 s | 500, 400 | as-it-is | 1.50 (1.20 to 1.90) | worse |" in table()
    assert "| batch-16 | 1,200 | 288 s | 500, 400 | as-it-is | 1.10 (0.90 to 1.30) | no |" in table()
    assert "| as-it-is | 1,200 | 288 s | 500, 400 |  |  |  |" in table()
