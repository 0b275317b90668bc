"""The benchmark's two sides train the same recipe."""

from __future__ import annotations

from benchmarks.ours import sections_per_step
from benchmarks.reference import seconds_per_step
from tests.tiny import tiny


def test_both_sides_of_the_benchmark_run() -> None:
    recipe = tiny("gan-ring8")
    assert seconds_per_step(recipe, steps=1, warmup=0, workers=0) > 0
    assert {"D", "G", "optimizer", "total"} <= sections_per_step(recipe, steps=2, warmup=1).keys()
