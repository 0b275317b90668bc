"""Test the quality benchmark: its clock, its order, its records after an interruption, and the times to reach."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from benchmarks.quality import is_finished, marks_of, record_path, train_seed
from benchmarks.quality_arms import ARMS, BudgetedTraining, GanbenchTraining, PlainTraining, Stopwatch, serve
from benchmarks.quality_summary import summarize, time_to_reach
from PIL import Image
from tests.support.training import tiny_recipe
from torch import Tensor

from ganbench.experiment import time_budget

MARKS = (10.0, 20.0, 40.0)


class FakeArm:
    """An arm whose clock shows what is requested, and whose samples encode its time."""

    def __init__(self, arm: str, log: list[str], fails_at: float | None = None) -> None:
        self.arm, self.log, self.fails_at = arm, log, fails_at
        self.about: dict[str, Any] = {"what": arm, "data": {"name": "stand-in"}, "threads": 1}
        self.closed = False

    def train(self, until: float | None, samples: int) -> tuple[dict[str, Any], Tensor]:
        seconds = 35.0 if until is None else until  # a plan that ends early
        self.log.append(f"{self.arm} {until}")
        if seconds == self.fails_at:
            raise RuntimeError("the machine was switched off")
        cost = {
            "seconds": seconds,
            "processor_seconds": 2 * seconds,
            "steps": 7,
            "recipe": {"name": self.arm},
        }
        return cost, torch.full((samples, 1, 2, 2), int(seconds), dtype=torch.uint8)

    def close(self) -> None:
        self.closed = True


def halving_score(samples: Tensor) -> dict[str, Any]:
    """Return a score that halves every ten seconds, and falls a little with more samples."""
    value = 1024 * 0.5 ** (samples[0, 0, 0, 0].item() / 10) - len(samples) / 1e5
    return {"metric": "stand-in", "value": value, "measured": {"samples": len(samples)}}


def train_arms(out: Path, log: list[str], fails_at: float | None = None, seed: int = 0) -> dict[str, FakeArm]:
    arms = {arm: FakeArm(arm, log, fails_at) for arm in ARMS}
    train_seed(out, arms, seed, MARKS, halving_score)
    return arms


def read(out: Path, arm: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(record_path(out, arm, 0).read_text())
    return record


def test_arms_take_turns_and_plans_run_to_their_end(tmp_path: Path) -> None:
    log: list[str] = []
    arms = train_arms(tmp_path, log)
    four, three = list(ARMS), ["reference", "sndcgan", "sndcgan-acgan"]
    assert marks_of("lean", MARKS) == [10.0, 20.0], "half of the time"
    assert log[:8] == [f"{arm} {mark}" for mark in (10.0, 20.0) for arm in four]
    assert log[8:] == [f"{arm} {40.0 if arm == 'reference' else None}" for arm in three]
    assert all(arm.closed for arm in arms.values())
    points = read(tmp_path, "sndcgan")["points"]
    assert [(p["mark"], p["seconds"], p["n"]) for p in points] == [
        (10.0, 10.0, 5000), (20.0, 20.0, 5000), (40.0, 35.0, 5000), (40.0, 35.0, 10_000),
    ]  # fmt: skip
    assert all(is_finished(tmp_path, arm, 0) for arm in ARMS)
    with Image.open(record_path(tmp_path, "lean", 0).with_suffix(".png")) as picture:
        assert np.unique(np.asarray(picture)).tolist() == [20, 255], (
            "the last samples and the gaps between them"
        )


def test_an_interrupted_record_is_valid_and_unis_finished(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="switched off"):
        train_arms(tmp_path, [], fails_at=40.0)
    assert [p["mark"] for p in read(tmp_path, "reference")["points"]] == [10.0, 20.0]
    assert {arm: is_finished(tmp_path, arm, 0) for arm in ARMS} == {arm: arm == "lean" for arm in ARMS}
    assert not is_finished(tmp_path, "lean", 1)
    assert [path.name for path in tmp_path.glob("*.png")] == ["lean-seed0.png"]
    assert summarize([read(tmp_path, "reference")]) == {}


def test_the_summary_has_the_times_to_reach_the_baselines(tmp_path: Path) -> None:
    train_arms(tmp_path, [])
    records = [read(tmp_path, arm) for arm in ARMS]
    summary = summarize(records)
    # The reference ends at 40 s, after the plan's end at 35 s; our arms reach the final value of lean at 20 s.
    assert summary["reached"]["sndcgan"]["reference"]["seconds"]["median"] is None
    lean = summary["reached"]["sndcgan"]["lean"]
    assert lean["seconds"] == {"by_seed": [20.0], "median": 20.0, "share_of_the_bars": 1.0}
    assert lean["processor_seconds"]["median"] == 40.0
    end = summary["arms"]["sndcgan"]["end"]
    assert (end["n"], end["seconds"], end["processor_seconds"]) == (10_000, 35.0, 70.0)
    assert end["values"] == [pytest.approx(1024 * 0.5**3.5 - 0.1)]
    assert end["best_on_the_way"] == pytest.approx(1024 * 0.5**3.5 - 0.05), "of 5,000 samples"


def points(*pairs: tuple[float, float], n: int = 5000) -> list[dict[str, float]]:
    return [{"seconds": s, "processor_seconds": 3 * s, "value": v, "n": n} for s, v in pairs]


def test_times_to_reach_are_interpolated_linearly() -> None:
    curve = points((10, 100), (20, 60), (30, 80), (40, 20))
    assert time_to_reach(curve, 90) == 12.5
    assert time_to_reach(curve, 60) == 20
    assert time_to_reach(curve, 70) == 17.5, "the first time, though the value rises again"
    assert time_to_reach(curve, 50) == 35
    assert time_to_reach(curve, 50, "processor_seconds") == 105
    assert time_to_reach(curve, 19) is None
    assert time_to_reach(curve, 100) == time_to_reach(curve, 500) == 10, "nothing is scored before"
    with pytest.raises(ValueError, match="different numbers"):
        time_to_reach([*curve, *points((50, 10), n=10_000)], 50)


def test_medians_count_times_that_were_not_reached_as_infinite() -> None:
    def record(arm: str, seed: int, *pairs: tuple[float, float]) -> dict[str, Any]:
        about = {"what": arm, "data": {}, "threads": 2, "machine": {"processor": "x"}, "finished": True}
        rows = [{**p, "mark": p["seconds"], "metric": "fd", "steps": 1} for p in points(*pairs)]
        return {"arm": arm, "seed": seed, "points": rows, **about}

    baseline = [record("reference", seed, (10, 50), (20, 30)) for seed in range(3)]
    ends = {0: 10.0, 1: 40.0, 2: 20.0}
    ours = [record("sndcgan", seed, (10, 50), (20, end)) for seed, end in ends.items()]
    summary = summarize([*baseline, *ours])["reached"]["sndcgan"]["reference"]["seconds"]
    assert summary["by_seed"] == [15.0, None, pytest.approx(16.667)]
    assert summary["median"] == pytest.approx(16.667)
    assert summarize([*baseline, *ours[1:2]])["reached"]["sndcgan"]["reference"]["seconds"]["median"] is None


@pytest.fixture
def ticks() -> Iterator[Stopwatch]:
    counter = iter(range(10**6))
    return Stopwatch(lambda: float(next(counter)), lambda: 0.0)


@pytest.mark.parametrize("loop", [PlainTraining, GanbenchTraining, BudgetedTraining])
def test_an_arm_trains_by_its_clock(
    loop: Any, ticks: Stopwatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.quality_arms.WORKERS", 0)
    monkeypatch.setattr(
        "ganbench.experiment.time_budget.time_steps", lambda *_, **__: time_budget.Trial(1, 0.05, 0.05)
    )  # plans 16 steps a second
    recipe = tiny_recipe("dcgan-shapes", {"schedule.ema_half_life": None if loop is PlainTraining else 100.0})
    training = loop(
        recipe if loop is not GanbenchTraining else recipe.override({"schedule.steps": 10**6}), 0, 1.0
    )
    file = tmp_path / "samples.npy"
    requests = [{"until": until, "samples": 3, "file": str(file)} for until in (4.0, 8.0)]
    replies = serve(training, map(json.dumps, requests), ticks)
    first = next(replies)
    samples, steps = np.load(file), training.steps
    assert samples.shape == (3, *training.info.shape)
    assert first["seconds"] >= 4
    for _ in range(50):
        assert ticks.wall == pytest.approx(first["seconds"]), "the clock stops between requests"
    second = next(replies)
    assert second["seconds"] >= 8
    assert training.steps > steps > 0
    assert not np.array_equal(np.load(file), samples)
    if loop is BudgetedTraining:
        assert training.recipe.schedule.steps == 16
