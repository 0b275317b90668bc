"""What a run is scored by on its way: anything that its data and its model allow, refused before training if not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.training import tiny_recipe

from ganbench.data.shapes import shapes
from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.experiment.train import resume, train
from ganbench.inference.load import load
from ganbench.inference.model import Purpose
from ganbench.metrics.coverage.path_length import PathLength
from ganbench.metrics.measure import measure
from ganbench.metrics.registry import create_extractor
from ganbench.recipes.base import Recipe
from ganbench.recipes.registry import import_file
from ganbench.runs.run import Run


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))


def scored_by(
    metrics: list[str], name: str = "dcgan-shapes", features: str = "pixels@2", **changes: Any
) -> Recipe:
    schedule = {
        "evaluate_metrics": metrics,
        "evaluate_features": features,
        "evaluate_samples": 120,
        **changes,
    }
    usual = {"steps": 4, "sample_every": 0, "evaluate_every": 2}
    return tiny_recipe(
        name, {"data.size": 130, **{f"schedule.{k}": v for k, v in {**usual, **schedule}.items()}}
    )


def values(run: Run, name: str) -> dict[int, Any]:
    return {event["step"]: event for event in run.events.read("score") if event["name"].startswith(name)}


def test_metrics_are_given_the_other_split_and_the_generator(tmp_path: Path) -> None:
    run = train(scored_by(["swd", "memorization", "ppl"]), out=tmp_path / "run")
    held_out = shapes(130, split="test").info.fingerprint
    copies = values(run, "memorization")
    assert [event["measured"]["held_out"]["fingerprint"] for event in copies.values()] == [held_out] * 2
    assert values(run, "ppl").keys() == {2, 4}
    selection = run.best_score()
    assert selection is not None
    assert selection["by"] == "swd"


@pytest.mark.parametrize(("purpose", "the_same"), [("selection", True), ("sample", False)])
def test_path_lengths_on_the_way_are_of_other_paths_than_a_reports(
    tmp_path: Path, purpose: Purpose, the_same: bool
) -> None:
    run = train(
        scored_by(["ppl"]), out=tmp_path / "run", seed=1
    )  # the seed that a report has if none is given
    model = load(run)

    class Walker:
        decode = staticmethod(model.decode)
        features = staticmethod(model.features)
        labels = staticmethod(model.labels)

        @staticmethod
        def latents(n: int, seed: int = 0) -> torch.Tensor:
            return model.latents(n, seed, purpose)

    metric = PathLength(create_extractor("pixels@2")).with_generator(Walker(), 120, 1)
    (event,) = [e for e in run.events.read("score") if e["step"] == 4]
    assert (
        measure((metric,), [torch.zeros(1, 3, 32, 32).byte()], shapes(130))[0].value == event["value"]
    ) == the_same


@pytest.mark.parametrize(
    ("metrics", "changes", "fault"),
    [
        (["fd-class"], {}, "needs samples with labels, and these have none"),
        (["ppl"], {"evaluate_samples": 50}, "needs at least 100 paths, not 50"),
        (
            ["knn", "swd"],
            {},
            r"selected by 'knn', which looks at held-out .*; set schedule\.best_by to another",
        ),
        (
            ["swd", "memorization"],
            {"best_by": "memorization"},
            "selected by 'memorization', which looks at held-out",
        ),
    ],
)
def test_what_cannot_be_or_must_not_select_is_refused_before_training(
    tmp_path: Path, metrics: list[str], changes: dict[str, Any], fault: str
) -> None:
    with pytest.raises(UserError, match=fault):
        train(scored_by(metrics, **changes), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_data_too_few_to_score_can_be_trained_on_without_scores(tmp_path: Path) -> None:
    changes: dict[str, Any] = {
        "evaluate_features": "pixels@8",
        "evaluate_samples": 300,
    }  # 192 numbers, of 130 images
    with pytest.raises(
        UserError, match=r"at least 193 items.*; or set schedule\.evaluate_every=0 to train without"
    ):
        train(scored_by(["fd"], **changes), out=tmp_path / "run")
    run = train(scored_by(["fd"], **changes, evaluate_every=0), out=tmp_path / "run")
    assert run.events.read("score") == []


def test_few_images_are_scored_on_the_way_by_the_metric_that_evaluate_chooses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few: dict[str, Any] = {
        "evaluate_features": "pixels@8",
        "evaluate_samples": 200,
    }  # 192 numbers, of 130 images
    run = train(scored_by([], **few), out=tmp_path / "run")
    assert {e["name"] for e in run.events.read("score")} == {"kd[pixels@8]"}
    selection = run.best_score()
    assert selection is not None
    assert selection["by"] == "kd[pixels@8]"
    note = "only 130 images: scored by the kernel distance (kd), since fd[pixels@8] needs 193"
    assert capsys.readouterr().err.count(note) == 1
    assert [s.name for s in evaluate(run, features="pixels@8", n=200)] == ["kd[pixels@8]"]
    capsys.readouterr()
    train(scored_by(["kd"], **few), out=tmp_path / "told")
    assert note not in capsys.readouterr().err


def test_images_too_few_for_any_metric_are_refused_in_one_sentence(tmp_path: Path) -> None:
    recipe = scored_by([], features="pixels@8").override({"data.size": 99})
    needs = r"99 images are too few for a score: kd\[pixels@8\] needs 100 and fd\[pixels@8\] 193"
    with pytest.raises(UserError, match=f"{needs}; or set schedule.evaluate_every=0 to train without scores"):
        train(recipe, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_model_of_classes_is_scored_by_class_if_each_has_enough(tmp_path: Path) -> None:
    told = ["fd-class"]
    with pytest.raises(UserError, match=r"at least 13 of each class, and only 12 samples are of class"):
        train(scored_by(told, "sagan-cifar10", evaluate_samples=77), out=tmp_path / "run")
    run = train(scored_by(told, "sagan-cifar10", evaluate_samples=78), out=tmp_path / "run")
    assert values(run, "fd-class")[4]["measured"]["samples_of_class"] == [13] * 6


def test_ones_own_features_on_the_way_and_after_a_resume(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    (tmp_path / "my_means.py").write_text("def means(x):\n    return x.float().mean((2, 3))\n")
    recipe = scored_by(["kd"], features="my_means:means")
    with pytest.raises(UserError, match="name its file with --module"):
        train(recipe, out=tmp_path / "run")
    trusted = {import_file(tmp_path / "my_means.py").__name__}
    run = train(recipe, out=tmp_path / "run", trusted=trusted)
    resume(run, steps=6, trusted=trusted)
    assert values(run, "kd[my_means:means]").keys() == {2, 4, 6}
