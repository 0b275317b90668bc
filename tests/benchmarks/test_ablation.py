"""The ablation: every variant is a recipe that can be made, and what is there is not trained again."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from benchmarks.ablation import TRAINED, check_same, first, other_samples, train_all, trained
from benchmarks.ablation_summary import summary
from benchmarks.ablation_variants import OF_CLASSES, OF_PLAIN, OF_PROJECTION, TRUNCATIONS, VARIANTS, Variant
from benchmarks.quality import machine, path_of
from tests.support.training import tiny_recipe
from torch import Tensor

from ganbench.data.images import ImageDataset
from ganbench.data.toy import ring8
from ganbench.experiment.time_budget import fit_to_budget
from ganbench.recipes.base import Recipe
from ganbench.training.engine import Engine
from ganbench.utils.bootstrap import student_quantile

BASES = [VARIANTS["as-it-is"], VARIANTS["classes"]]


def as_planned(variant: Variant) -> dict[str, Any]:
    """Return what a variant is when it has 2,000 steps by a plan, which changes a schedule too."""
    recipe = variant.resolved("cifar10-jpeg")
    return fit_to_budget(recipe, 10 / 0.8, ring8(), Engine(recipe.machine), 0)[0].to_dict()


@pytest.mark.parametrize("name", list(VARIANTS))
def test_a_variant_differs_from_what_it_varies_in_what_it_says(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ganbench.experiment.time_budget._trial", lambda *_, **__: (1, 0.3))
    variant = VARIANTS[name]
    changed, base = (as_planned(made) for made in (variant, Variant(variant.recipe)))
    wanted = {path.split(".")[0] for path in variant.changes}
    assert {key for key in base if changed[key] != base[key]} == wanted or (
        (variant.pictures or variant.truncation) and changed == base
    )


def test_every_variant_is_trained_or_has_the_networks_of_one_that_is() -> None:
    scored = [name for trained in TRAINED for name in (trained, *other_samples(trained))]
    assert sorted(scored) == sorted(VARIANTS)


def test_names_of_variants_are_all_different() -> None:
    assert len(VARIANTS) == sum(map(len, (OF_PLAIN, OF_CLASSES, OF_PROJECTION, TRUNCATIONS))) + 8


def options(out: Path, **changes: Any) -> argparse.Namespace:
    given: dict[str, Any] = {
        "out": out,
        "only": ["no-flips", "batch-64"],
        "seeds": 2,
        "jobs": 1,
        "seconds": 5.0,
    }
    return argparse.Namespace(**{**given, "data": "cifar10-jpeg", **changes})


def test_what_is_there_is_not_trained_again_and_what_failed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []

    def call(command: list[str]) -> int:
        words = dict(zip(command[3::2], command[4::2], strict=True))
        called.append(f"{words['--only']} {words['--seed']}")
        return 1 if words["--only"] == "batch-64" else 0

    monkeypatch.setattr("benchmarks.ablation.subprocess.call", call)
    path_of(tmp_path, "no-flips", 0).write_text("{}")
    assert train_all(options(tmp_path)) == ["batch-64 seed 0", "batch-64 seed 1"]
    assert called == ["batch-64 0", "no-flips 1", "batch-64 1"]


def test_a_variant_is_trained_to_the_end_of_its_plan_and_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []

    def score(samples: Tensor) -> dict[str, Any]:
        seen.append(samples)
        return {"metric": "stand-in", "value": 3.0, "measured": {}}

    def resolved(self: Variant, data: str) -> Recipe:
        return tiny_recipe("dcgan-shapes", {"schedule.ema_half_life": 100.0})

    monkeypatch.setattr("benchmarks.ablation.against", lambda data: score)
    monkeypatch.setattr("benchmarks.ablation.AT_END", 5)
    monkeypatch.setattr(Variant, "resolved", resolved)
    monkeypatch.setattr(
        "ganbench.experiment.time_budget._trial", lambda *_, **__: (1, 0.05)
    )  # plans 16 steps a second
    monkeypatch.setitem(VARIANTS, "few", Variant("dcgan-shapes", {}, 24))
    (record,) = trained("few", 1, 0.5, "shapes")
    assert (record["steps"], record["n"], record["value"], record["seed"]) == (8, 5, 3.0, 1)
    assert record["pictures"] == 24
    assert record["seconds"] > 0
    assert len(seen[0]) == 5
    json.dumps(record)
    monkeypatch.setitem(VARIANTS, "near", Variant("dcgan-shapes", {}, 24, base="few", truncation=0.01))
    near, whole = trained("few", 1, 0.5, "shapes")
    assert [(r["variant"], r["truncation"]) for r in (near, whole)] == [("near", 0.01), ("few", None)]
    narrow, spread = (samples.float().std(0).mean() for samples in seen[1:])
    assert narrow < spread / 5
    assert torch.equal(seen[0], seen[2])


def test_the_first_pictures_are_a_set_of_their_own() -> None:
    pixels = torch.arange(4 * 3 * 4 * 4, dtype=torch.uint8).reshape(4, 3, 4, 4)
    whole = ImageDataset("four", pixels, torch.tensor([0, 1, 0, 1]), ("a", "b"), flip=True)
    cut = first(whole, 2)
    assert torch.equal(cut.pixels, pixels[:2])
    assert cut.flip
    assert cut.info.classes == ()
    assert cut.info.fingerprint != whole.info.fingerprint
    with pytest.raises(TypeError, match="set of pictures in memory"):
        first(ring8(), 2)


def record(variant: str, seed: int, value: float, **changes: Any) -> dict[str, Any]:
    alike = {"metric": "stand-in", "n": 10, "budget_seconds": 5.0, "machine": {"processor": "one"}}
    spent = {"steps": 10 + seed, "seconds": 4.0 + seed}
    return {"variant": variant, "seed": seed, "value": value, **spent, **alike, **changes}


def test_a_variant_is_compared_with_its_base_by_what_all_say_of_the_spread() -> None:
    ten_percent = math.sqrt(1.1)  # two scores, each so much off their middle
    middles = {"as-it-is": 100.0, "no-flips": 200.0, "batch-64": 90.0}
    found = summary(
        [
            record(variant, seed, middle * ten_percent ** (1 - 2 * seed))
            for variant, middle in middles.items()
            for seed in (0, 1)
        ]
    )
    one = math.log(1.1) / math.sqrt(2)  # the standard deviation of two logarithms, log 1.1 apart
    assert found["freedom"] == 3
    assert found["spread"] == pytest.approx(one)
    half = student_quantile(0.975, 3) * one
    worse = found["variants"]["no-flips"]
    assert (worse["base"], worse["steps"]) == ("as-it-is", 10.5)
    assert worse["ratio"] == pytest.approx(2.0)
    assert worse["interval"] == pytest.approx([2 * math.exp(-half), 2 * math.exp(half)])
    low, high = found["variants"]["batch-64"]["interval"]
    assert low < 1 < high
    assert found["variants"]["as-it-is"] == {
        "steps": 10.5,
        "seconds": 4.5,
        "values": pytest.approx([100 * ten_percent, 100 / ten_percent]),
        "base": None,
        "ratio": None,
        "interval": None,
    }


def test_other_samples_of_the_same_networks_are_compared_seed_by_seed() -> None:
    values = {"as-it-is": (100.0, 400.0), "truncation-1": (120.0, 480.0), "truncation-1.5": (110.0, 484.0)}
    found = summary([record(name, seed, pair[seed]) for name, pair in values.items() for seed in (0, 1)])
    half_done = [
        record("as-it-is", 0, 100.0),
        record("truncation-1", 0, 120.0),
        record("truncation-1", 1, 500.0),
    ]
    assert summary(half_done)["variants"]["truncation-1"]["ratio"] == pytest.approx(1.2)
    assert found["freedom"] == 1  # of the networks that were trained
    squares = math.log(1.1) ** 2 / 2  # of two ratios that differ by a tenth, beside two that do not differ
    half = student_quantile(0.975, 2) * math.sqrt(squares / 2) / math.sqrt(2)
    assert found["variants"]["truncation-1"]["ratio"] == pytest.approx(1.2)
    assert found["variants"]["truncation-1"]["interval"] == pytest.approx(
        [1.2 * math.exp(-half), 1.2 * math.exp(half)]
    )


def test_one_seed_tells_a_ratio_and_no_interval() -> None:
    found = summary([record("classes", 0, 80.0), record("classes-weight-.3", 0, 60.0)])
    assert found["spread"] is None
    assert found["variants"]["classes-weight-.3"]["ratio"] == pytest.approx(0.75)
    assert found["variants"]["classes-weight-.3"]["interval"] is None
    assert found["variants"]["classes"]["ratio"] is None  # its base was not trained


def test_records_that_differ_in_more_than_the_variant_are_not_compared() -> None:
    others = {"n": 20, "metric": "other", "budget_seconds": 6.0, "machine": {"processor": "two"}}
    for key, value in others.items():
        with pytest.raises(ValueError, match="processor" if key == "machine" else key):
            summary([record("as-it-is", 0, 1.0), record("no-flips", 0, 1.0, **{key: value})])


def test_a_folder_of_other_records_is_refused_before_any_training(tmp_path: Path) -> None:
    check_same(tmp_path, 5.0)
    here = record("as-it-is", 0, 1.0, machine=machine())
    path_of(tmp_path, "as-it-is", 0).write_text(json.dumps(here))
    check_same(tmp_path, 5.0)
    with pytest.raises(SystemExit, match="give another folder with --out"):
        check_same(tmp_path, 6.0)
    path_of(tmp_path, "as-it-is", 0).write_text(json.dumps({**here, "machine": {"processor": "another"}}))
    with pytest.raises(SystemExit, match="on another, and this run"):
        check_same(tmp_path, 5.0)


def test_every_variant_is_compared_with_one_that_there_is() -> None:
    for name, variant in VARIANTS.items():
        assert (VARIANTS[variant.base].pictures or 50_000) == (variant.pictures or 50_000), name
