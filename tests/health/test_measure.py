"""The health metrics, in cases with a closed form."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from tests.support.training import tiny_recipe

from ganbench.experiment.train import train
from ganbench.health.measure import health_metrics, sample_diversity, separation

SQUARE = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def test_diversity_is_relative_to_the_real_distances() -> None:
    assert sample_diversity(3 * SQUARE, SQUARE) == pytest.approx({"spread": 3.0, "nearest": 3.0})
    pairs = torch.cat([SQUARE[:2], SQUARE[:2]])  # two points, each twice
    mean = (1 + 1 + math.sqrt(2)) / 3  # of the square
    assert sample_diversity(pairs, SQUARE) == pytest.approx({"spread": (4 / 6) / mean, "nearest": 0.0})


def test_diversity_of_one_sample_or_equal_real_items_is_nan() -> None:
    assert all(math.isnan(v) for v in sample_diversity(SQUARE[:1], SQUARE).values())
    assert all(math.isnan(v) for v in sample_diversity(SQUARE, torch.zeros(4, 2)).values())


def test_separation_is_the_fraction_of_correctly_ranked_pairs() -> None:
    scores = torch.tensor([1.0, 2.0])
    assert separation(scores + 2, scores) == 1.0
    assert separation(scores, scores) == 0.5
    assert separation(scores, torch.tensor([1.5, 3.0])) == 0.25


def test_a_grid_of_many_classes_is_represented_by_all_of_it() -> None:
    model = SimpleNamespace(algorithm=SimpleNamespace(loss=None))
    grid = torch.arange(1000.0)[:, None]  # class 0 at 0, class 999 at 999
    measured = health_metrics(model, grid, grid[torch.randperm(1000)[:256]])  # type: ignore[arg-type]
    assert measured["spread"] == pytest.approx(1, abs=0.1), (
        "the first 256 classes have a quarter of the spread"
    )


def test_a_run_logs_them_at_each_sample_step(tmp_path: Path) -> None:
    events = train(tiny_recipe("gan-r1-ring8"), out=tmp_path / "run").events.read("health")
    assert [event["step"] for event in events] == [4, 8, 12]
    assert all(event["undecided"] == pytest.approx(2 * math.log(2), abs=1e-4) for event in events)
    assert all(0 <= event["separation"] <= 1 and event["spread"] > 0 for event in events)


def test_metrics_that_the_model_lacks_are_left_out(tmp_path: Path) -> None:
    run = train(tiny_recipe("wgan-ring8", {"algorithm.packing": 2}), out=tmp_path / "run")
    assert {*run.events.read("health")[0]} == {"kind", "step", "spread", "nearest"}
