"""Test that the benchmarks run, and that the docs hold their results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.extra_cost import measure_metrics
from benchmarks.ours import sections_per_step
from benchmarks.reference import seconds_per_step
from tests.support.training import tiny_recipe

from benchmarks import passes, step_settings, vectorized
from ganbench.recipes.registry import find_recipe
from ganbench.training.engine import Engine
from ganbench.training.settings import Machine


def test_both_loops_run() -> None:
    recipe = tiny_recipe("gan-ring8")
    assert seconds_per_step(recipe, steps=1, warmup=0, workers=0) > 0
    assert {"D", "G", "optimizer", "total"} <= sections_per_step(recipe, steps=2, warmup=1).keys()


def test_passes_are_compared_with_the_peak_of_single_convolutions() -> None:
    report = passes.measure_recipes(["gan-ring8"], rounds=1, threads=1)
    row = report["recipes"]["gan-ring8"]
    assert report["peak_gflops"] == max(report["single_gflops"].values()) > 0
    assert row["share_of_peak"] == pytest.approx(row["gflops"] / report["peak_gflops"], abs=1e-3)
    assert row["products_alone_share_of_peak"] > row["share_of_peak"]
    recipe = find_recipe("gan-ring8", "laptop")
    latent, batch, width = (
        recipe.latent.kwargs["size"],
        recipe.schedule.batch,
        recipe.networks["G"].kwargs["width"],
    )
    hidden = 2 * width**2
    g, d = latent * width + hidden + width * 2, 2 * width + hidden + width
    first_g, first_d = latent * width, 2 * width  # first layers: no gradient of the input
    updates = 5 * (
        g + 2 * (3 * d - first_d)
    )  # D: generate fakes, then passes of real and fake items; no gradient of the input
    generator = (3 * g - first_g) + 2 * d  # G: no gradient of D's weights
    assert row["gflop_per_step"] == pytest.approx(2 * batch * (updates + generator) / 1e9, rel=0.01)


@pytest.mark.parametrize("name", list(step_settings.CHANGES))
def test_a_change_of_a_step_changes_the_recipe(name: str) -> None:
    recipe = find_recipe(step_settings.RECIPE, "laptop")
    changed = recipe.override(step_settings.CHANGES[name].changes)
    assert (changed == recipe) == (name == step_settings.UNCHANGED)


def test_changes_take_turns_and_are_compared_within_the_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured: list[str] = []
    seconds = iter([1e-6, 2e-6, 2e-6, 6e-6, 4e-6, 8e-6])

    def measure(name: str, threads: int) -> float:
        measured.append(name)
        return next(seconds)

    monkeypatch.setattr(step_settings, "_measure_in_process", measure)
    names = [step_settings.UNCHANGED, "batch 32"]
    report = step_settings.measure_changes(names, rounds=3, threads=1)
    assert measured == names * 3
    row = report["changes"]["batch 32"]
    assert (row["microseconds"], row["ratio"], row["by_round"]) == (6.0, 2.0, [2.0, 3.0, 2.0])


def test_a_step_of_a_changed_recipe_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganbench.recipes.registry.find_recipe", lambda *_: tiny_recipe("dcgan-shapes"))
    assert step_settings.seconds_per_image("channels first in memory", threads=1, steps=2) > 0


def test_the_docs_hold_the_measured_cost_of_metrics() -> None:
    root = Path(__file__).parents[2]
    record = json.loads((root / "results/extra_cost.json").read_text())
    lines = (root / "docs/metrics.md").read_text().splitlines()
    report = measure_metrics(1, 300)
    assert report["seconds"].keys() == record["seconds"].keys()
    for name, seconds in record["seconds"].items():
        assert report["seconds"][name] > 0
        (row,) = [line for line in lines if line.startswith(f"| `{name}` |")]
        assert row.endswith(f"| {seconds:.{0 if seconds >= 1 else 1}f} s |")


def test_seeds_at_once_are_compared_with_one_alone() -> None:
    with Engine(Machine(threads=1)) as engine:
        row = vectorized.measure_recipe("gan-ring8", engine, seeds=2, rounds=1)
    assert row["ratio"] == pytest.approx(row["milliseconds_alone"] / row["milliseconds_at_once"], rel=0.05)
