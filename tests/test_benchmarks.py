"""The benchmarks run, and the docs say what they found."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.beside_the_pass import measured
from benchmarks.ours import sections_per_step
from benchmarks.reference import seconds_per_step
from tests.tiny import tiny


def test_both_sides_of_the_benchmark_run() -> None:
    recipe = tiny("gan-ring8")
    assert seconds_per_step(recipe, steps=1, warmup=0, workers=0) > 0
    assert {"D", "G", "optimizer", "total"} <= sections_per_step(recipe, steps=2, warmup=1).keys()


def test_the_docs_tell_the_measured_cost_of_metrics() -> None:
    root = Path(__file__).parents[1]
    kept = json.loads((root / "results/beside_the_pass.json").read_text())
    lines = (root / "docs/metrics.md").read_text().splitlines()
    found = measured(1, 300)
    assert found["seconds"].keys() == kept["seconds"].keys()
    for name, seconds in kept["seconds"].items():
        assert found["seconds"][name] > 0
        (row,) = [line for line in lines if line.startswith(f"| `{name}` |")]
        assert row.endswith(f"| {seconds:.{0 if seconds >= 1 else 1}f} s |")
