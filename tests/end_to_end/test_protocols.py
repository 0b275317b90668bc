"""A run and a folder scored by protocols, with stand-in features in place of networks whose weights are not here."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.metrics.stand_ins import Projection
from tests.support.shapes import few_shapes
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.metrics.protocols.base import EvaluationProtocol
from ganbench.metrics.protocols.registry import PROTOCOLS, find_protocol
from ganbench.runs.run import Run
from ganbench.visualization.export import write_samples


class Heads(Projection):
    """Projections that tell classes, too."""

    def __init__(self) -> None:
        super().__init__((3, 32, 32), dims=20)

    def logits_from_features(self, features: Any) -> Any:
        return features

    def logits(self, images: Any) -> Any:
        return self(images)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    changes = {"data.size": 130, "schedule.sample_every": 0, "schedule.steps": 2}
    return train(tiny_recipe("dcgan-shapes", changes), out=tmp_path_factory.mktemp("protocols") / "run")


def small(name: str) -> EvaluationProtocol:
    """A protocol with stand-in features and few pictures."""
    return replace(find_protocol(name), features=Heads, samples=110)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_run_by_each(run: Run, name: str) -> None:
    protocol = small(name)
    scores = evaluate(run, protocol=protocol)
    assert len(scores) == len(protocol.metrics(Heads()))
    written = {json.loads(path.read_text())["name"] for path in run.eval.glob("*.json")}
    for score in scores:
        assert score.name.startswith(f"{protocol.name}/")
        assert score.name.endswith("[projection@32]"), "never FID"
        assert score.name in written
        assert score.measured["samples"] == 110
        assert score.measured["protocol"]["name"] == name  # type: ignore[index, call-overload]
        assert score.measured["warning"]
        reference: Any = score.measured.get("reference", {"split": protocol.split})
        assert reference["split"] == protocol.split
    assert evaluate(run, protocol=protocol) == scores


def test_a_model_of_classes_is_scored_class_by_class_too(tmp_path: Path) -> None:
    changes = {"data.size": 200, "schedule.sample_every": 0, "schedule.steps": 2}
    told = train(tiny_recipe("sagan-cifar10", changes), out=tmp_path / "run")
    protocol = replace(small("gans-implementations"), samples=130)
    names = ["fd", "is", "fd-class"]
    scores = evaluate(told, protocol=protocol)
    assert [score.name for score in scores] == [
        f"gans-implementations/{name}[projection@32]" for name in names
    ]
    assert sorted(scores[2].measured["samples_of_class"]) == [21] * 2 + [22] * 4  # type: ignore[call-overload]
    with pytest.raises(UserError, match="at least 21 of each class, and only 20 samples are of class"):
        evaluate(told, protocol=replace(protocol, samples=125))
    assert len(evaluate(told, protocol=small("mimicry"))) == 3


def test_pictures_by_one(run: Run, tmp_path: Path) -> None:
    write_samples(load(run), tmp_path / "pictures", 110, 1)
    pictures = str(tmp_path / "pictures")
    own = evaluate(run, protocol=small("clean"))
    with few_shapes():
        theirs = evaluate(pictures, against="shapes", protocol=small("clean"))
    assert [score.name for score in own] == [score.name for score in theirs]
    whole = evaluate(pictures, against=pictures, protocol=small("mimicry"))
    assert whole[0].measured["reference"]["split"] == "all"  # type: ignore[index, call-overload]
    message = "protocol 'clean' takes 111 samples, and 'folder:pictures' has 110"
    with few_shapes(), pytest.raises(UserError, match=message):
        evaluate(pictures, against="shapes", protocol=replace(small("clean"), samples=111))
    with pytest.raises(UserError, match="is a run, and protocol 'clean' compares with real pictures"):
        evaluate(pictures, against=str(run.path), protocol=small("clean"))


@pytest.mark.parametrize(
    "also",
    [
        {"n": 5},
        {"metrics": ["fd"]},
        {"features": "pixels"},
        {"split": "test"},
        {"allow_rank_deficient": True},
    ],
)
def test_what_a_protocol_fixes_is_refused_beside_it(run: Run, also: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="protocol 'mimicry' fixes metrics, features, the number of samples"):
        evaluate(run, protocol="mimicry", **also)


def test_too_few_samples_are_refused_unless_one_insists(run: Run) -> None:
    asked = {"metrics": ["fd"], "features": "pixels@8", "n": 60}
    with pytest.raises(UserError, match="needs at least 193 samples, not 60"):
        evaluate(run, **asked)
    (score,) = evaluate(run, **asked, allow_rank_deficient=True)
    assert "the covariance is singular and the score mostly bias" in str(score.measured["warning"])
    assert "interval_95" not in score.details
    assert isinstance(score.details["real_against_real"], float)
