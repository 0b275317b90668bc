"""Test the ablation: all variants can be built, existing records are not trained again, ratios are correct."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from benchmarks.ablation import (
    TRAINED_VARIANTS,
    check_comparable,
    first_images,
    sampling_variants,
    train_all,
    train_and_score,
)
from benchmarks.ablation_summary import summarize
from benchmarks.ablation_variants import (
    CHANGES,
    CLASS_CHANGES,
    PROJECTION_CHANGES,
    TRUNCATIONS,
    VARIANTS,
    Variant,
)
from benchmarks.quality import machine, record_path
from tests.support.training import tiny_recipe
from torch import Tensor

from ganbench.data.images import ImageDataset
from ganbench.data.toy import ring8
from ganbench.experiment.time_budget import Trial, fit_to_budget
from ganbench.recipes.base import Recipe
from ganbench.training.engine import Engine
from ganbench.utils.bootstrap import student_quantile


def plan_recipe(variant: Variant) -> dict[str, Any]:
    """Return the recipe of a variant after a plan has set its schedule to 2,000 steps."""
    recipe = variant.recipe_for("cifar10-jpeg")
    return fit_to_budget(recipe, 10 / 0.8, ring8(), Engine(recipe.machine), 0)[0].to_dict()


@pytest.mark.parametrize("name", list(VARIANTS))
def test_a_variant_changes_only_what_it_declares(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganbench.experiment.time_budget.time_steps", lambda *_, **__: Trial(1, 0.3, 0.3))
    variant = VARIANTS[name]
    changed, base = (plan_recipe(v) for v in (variant, Variant(variant.recipe)))
    declared = {path.split(".")[0] for path in variant.changes}
    assert {key for key in base if changed[key] != base[key]} == declared or (
        (variant.train_images or variant.truncation) and changed == base
    )


def test_every_variant_is_trained_or_samples_a_trained_one() -> None:
    scored = [name for trained in TRAINED_VARIANTS for name in (trained, *sampling_variants(trained))]
    assert sorted(scored) == sorted(VARIANTS)


def test_variant_names_are_unique() -> None:
    assert len(VARIANTS) == sum(map(len, (CHANGES, CLASS_CHANGES, PROJECTION_CHANGES, TRUNCATIONS))) + 8


def options(out: Path, **changes: Any) -> argparse.Namespace:
    defaults: dict[str, Any] = {
        "out": out,
        "only": ["no-flips", "batch-64"],
        "seeds": 2,
        "jobs": 1,
        "seconds": 5.0,
    }
    return argparse.Namespace(**{**defaults, "data": "cifar10-jpeg", **changes})


def test_existing_records_are_not_trained_again_and_failures_are_returned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def call(command: list[str]) -> int:
        words = dict(zip(command[3::2], command[4::2], strict=True))
        calls.append(f"{words['--only']} {words['--seed']}")
        return 1 if words["--only"] == "batch-64" else 0

    monkeypatch.setattr("benchmarks.ablation.subprocess.call", call)
    record_path(tmp_path, "no-flips", 0).write_text("{}")
    assert train_all(options(tmp_path)) == ["batch-64 seed 0", "batch-64 seed 1"]
    assert calls == ["batch-64 0", "no-flips 1", "batch-64 1"]


def test_a_variant_is_trained_to_the_end_of_its_plan_and_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    scored: list[Tensor] = []

    def score(samples: Tensor) -> dict[str, Any]:
        scored.append(samples)
        return {"metric": "stand-in", "value": 3.0, "measured": {}}

    def recipe_for(self: Variant, data: str) -> Recipe:
        return tiny_recipe("dcgan-shapes", {"schedule.ema_half_life": 100.0})

    monkeypatch.setattr("benchmarks.ablation.make_scorer", lambda data: score)
    monkeypatch.setattr("benchmarks.ablation.FINAL_SAMPLES", 5)
    monkeypatch.setattr(Variant, "recipe_for", recipe_for)
    monkeypatch.setattr(
        "ganbench.experiment.time_budget.time_steps", lambda *_, **__: Trial(1, 0.05, 0.05)
    )  # plans 16 steps a second
    monkeypatch.setitem(VARIANTS, "few", Variant("dcgan-shapes", {}, 24))
    (record,) = train_and_score("few", 1, 0.5, "shapes")
    assert (record["steps"], record["n"], record["value"], record["seed"]) == (8, 5, 3.0, 1)
    assert record["pictures"] == 24
    assert record["seconds"] > 0
    assert len(scored[0]) == 5
    json.dumps(record)
    monkeypatch.setitem(VARIANTS, "near", Variant("dcgan-shapes", {}, 24, base="few", truncation=0.01))
    near, full = train_and_score("few", 1, 0.5, "shapes")
    assert [(r["variant"], r["truncation"]) for r in (near, full)] == [("near", 0.01), ("few", None)]
    narrow, spread = (samples.float().std(0).mean() for samples in scored[1:])
    assert narrow < spread / 5
    assert torch.equal(scored[0], scored[2])


def test_first_images_are_a_data_set() -> None:
    pixels = torch.arange(4 * 3 * 4 * 4, dtype=torch.uint8).reshape(4, 3, 4, 4)
    whole = ImageDataset("four", pixels, torch.tensor([0, 1, 0, 1]), ("a", "b"), flip=True)
    cut = first_images(whole, 2)
    assert torch.equal(cut.pixels, pixels[:2])
    assert cut.flip
    assert cut.info.classes == ()
    assert cut.info.fingerprint != whole.info.fingerprint
    with pytest.raises(TypeError, match="only an ImageDataset can be cut"):
        first_images(ring8(), 2)


def record(variant: str, seed: int, value: float, **changes: Any) -> dict[str, Any]:
    shared = {"metric": "stand-in", "n": 10, "budget_seconds": 5.0, "machine": {"processor": "one"}}
    cost = {"steps": 10 + seed, "seconds": 4.0 + seed}
    return {"variant": variant, "seed": seed, "value": value, **cost, **shared, **changes}


def test_a_variant_is_compared_with_its_base_by_the_pooled_spread() -> None:
    ten_percent = math.sqrt(1.1)  # two scores, this factor above and below their mean
    means = {"as-it-is": 100.0, "no-flips": 200.0, "batch-64": 90.0}
    summary = summarize(
        [
            record(variant, seed, mean * ten_percent ** (1 - 2 * seed))
            for variant, mean in means.items()
            for seed in (0, 1)
        ]
    )
    deviation = math.log(1.1) / math.sqrt(
        2
    )  # the standard deviation of two logarithms that differ by log 1.1
    assert summary["freedom"] == 3
    assert summary["spread"] == pytest.approx(deviation)
    half = student_quantile(0.975, 3) * deviation
    worse = summary["variants"]["no-flips"]
    assert (worse["base"], worse["steps"]) == ("as-it-is", 10.5)
    assert worse["ratio"] == pytest.approx(2.0)
    assert worse["interval"] == pytest.approx([2 * math.exp(-half), 2 * math.exp(half)])
    low, high = summary["variants"]["batch-64"]["interval"]
    assert low < 1 < high
    assert summary["variants"]["as-it-is"] == {
        "steps": 10.5,
        "seconds": 4.5,
        "values": pytest.approx([100 * ten_percent, 100 / ten_percent]),
        "base": None,
        "ratio": None,
        "interval": None,
    }


def test_variants_with_the_same_networks_are_compared_seed_by_seed() -> None:
    values = {"as-it-is": (100.0, 400.0), "truncation-1": (120.0, 480.0), "truncation-1.5": (110.0, 484.0)}
    summary = summarize([record(name, seed, pair[seed]) for name, pair in values.items() for seed in (0, 1)])
    half_done = [
        record("as-it-is", 0, 100.0),
        record("truncation-1", 0, 120.0),
        record("truncation-1", 1, 500.0),
    ]
    assert summarize(half_done)["variants"]["truncation-1"]["ratio"] == pytest.approx(1.2)
    assert summary["freedom"] == 1  # from the trained networks only
    squares = math.log(1.1) ** 2 / 2  # of two ratios that differ by a tenth, and two that are equal
    half = student_quantile(0.975, 2) * math.sqrt(squares / 2) / math.sqrt(2)
    assert summary["variants"]["truncation-1"]["ratio"] == pytest.approx(1.2)
    assert summary["variants"]["truncation-1"]["interval"] == pytest.approx(
        [1.2 * math.exp(-half), 1.2 * math.exp(half)]
    )


def test_one_seed_gives_a_ratio_without_an_interval() -> None:
    summary = summarize([record("classes", 0, 80.0), record("classes-weight-.3", 0, 60.0)])
    assert summary["spread"] is None
    assert summary["variants"]["classes-weight-.3"]["ratio"] == pytest.approx(0.75)
    assert summary["variants"]["classes-weight-.3"]["interval"] is None
    assert summary["variants"]["classes"]["ratio"] is None  # its base is missing


def test_records_measured_differently_are_refused() -> None:
    others = {"n": 20, "metric": "other", "budget_seconds": 6.0, "machine": {"processor": "two"}}
    for key, value in others.items():
        with pytest.raises(ValueError, match="processor" if key == "machine" else key):
            summarize([record("as-it-is", 0, 1.0), record("no-flips", 0, 1.0, **{key: value})])


def test_a_folder_of_incomparable_records_is_refused_before_any_training(tmp_path: Path) -> None:
    check_comparable(tmp_path, 5.0)
    here = record("as-it-is", 0, 1.0, machine=machine())
    record_path(tmp_path, "as-it-is", 0).write_text(json.dumps(here))
    check_comparable(tmp_path, 5.0)
    with pytest.raises(SystemExit, match="give another folder with --out"):
        check_comparable(tmp_path, 6.0)
    record_path(tmp_path, "as-it-is", 0).write_text(json.dumps({**here, "machine": {"processor": "another"}}))
    with pytest.raises(SystemExit, match="on another, which cannot be compared"):
        check_comparable(tmp_path, 5.0)


def test_every_variant_has_a_base_on_as_many_images() -> None:
    for name, variant in VARIANTS.items():
        assert (VARIANTS[variant.base].train_images or 50_000) == (variant.train_images or 50_000), name
