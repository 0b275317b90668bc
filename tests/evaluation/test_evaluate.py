"""Scores of runs and of other pictures, with the record of how they were measured."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.metrics.stand_ins import Projection, digit_classifier, digits
from tests.support.edit import edit_json
from tests.support.shapes import FEW, few_shapes
from tests.support.training import tiny_recipe

from ganbench.algorithms import Algorithm
from ganbench.data.shapes import shapes
from ganbench.data.stacked_mnist import StackedImages
from ganbench.data.toy import ring8
from ganbench.errors import UserError
from ganbench.evaluation import evaluate as evaluate_module
from ganbench.evaluation.evaluate import evaluate
from ganbench.evaluation.result_files import check_gallery, write_gallery
from ganbench.evaluation.scoring import EvaluationRequest, require_scorable, score_model
from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.inference.model import Model
from ganbench.latents import Gaussian
from ganbench.metrics import registry
from ganbench.metrics.coverage import stacked_modes
from ganbench.recipes.registry import import_file
from ganbench.runs.run import Run
from ganbench.utils.sealed_json import parse_sealed


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    changes = {"schedule.keep_last": 9, "schedule.sample_every": 0}
    return train(tiny_recipe("gan-ring8", changes), out=tmp_path_factory.mktemp("points") / "run")


def test_a_score_is_written_with_how_it_was_measured(run: Run) -> None:
    (score,) = evaluate(run, n=400, seed=3)
    assert score.name == "modes"
    assert score.measured["generator"] == {
        "step": 12,
        "seed": 3,
        "samples_for": "report",
        "weights": "live",
        "checkpoint": "last",
    }
    assert score.measured["sampling"] == {
        "weights": "the run's own",
        "truncation": None,
        "labels": "none: the model has no classes",
        "normalisation": "eval: running statistics",
        "shape": [2],
        "quantised": None,
    }
    assert score.measured["versions"].keys() == {"ganbench", "torch", "numpy"}
    assert score.measured["machine"]["threads"] == 1
    assert score.measured["machine"]["device"] == "cpu"
    assert score.measured["samples"] == 400
    (written,) = [p for p in run.eval.iterdir() if "n400" in p.name]
    assert parse_sealed(written.read_bytes(), written) == json.loads(json.dumps(score.to_dict()))


def test_a_runs_networks_compute_on_the_requested_device(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[torch.device] = []
    monkeypatch.setattr(torch.nn.Module, "to", lambda module, device: asked.append(device) or module)
    monkeypatch.setattr(evaluate_module, "select_device", lambda name: torch.device(name, 0))
    evaluate(run, n=300, device="cuda")
    assert asked == [torch.device("cuda", 0)] * 2  # the algorithm and the networks
    with pytest.raises(
        UserError, match="'ring8' is no run, and only a run's networks use a device; leave 'cuda' out"
    ):
        evaluate("ring8", against="ring8", n=300, device="cuda")


def test_an_unknown_device_is_refused(run: Run) -> None:
    with pytest.raises(UserError, match="this machine has no 'gpu' device that torch can use; it has: cpu"):
        evaluate(run, n=300, device="gpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_a_device_that_is_not_there_is_refused(run: Run) -> None:
    with pytest.raises(UserError, match="this machine has no 'cuda' device that torch can use; it has: cpu"):
        evaluate(run, n=300, device="cuda")


def test_the_same_model_scores_the_same(run: Run) -> None:
    model, data = load(run), ring8(points=5)
    first, again = (score_model(model, data, n=300, seed=1)[0] for _ in range(2))
    assert first == again
    other = score_model(model, data, n=300, seed=2)[0]
    assert other.details["counts"] != first.details["counts"] or other.details["high_quality"] == 0


def test_what_it_scores_are_the_samples(run: Run) -> None:
    from ganbench.metrics.coverage.mode_coverage import mode_coverage

    data, model = ring8(points=5), load(run)
    score = score_model(model, data, n=600, seed=9)[0]
    direct = mode_coverage(model.sample(600, seed=9), data.modes, data.std)
    assert score.details["counts"] == list(direct.counts)


def test_an_older_step(run: Run) -> None:
    generator = evaluate(run, n=300, step=5)[0].measured["generator"]
    assert (generator["step"], generator["checkpoint"]) == (5, "another")


def test_items_of_a_data_set() -> None:
    (score,) = evaluate("ring8", against="ring8", n=800)
    assert score.value == 8
    assert score.details["high_quality"] == pytest.approx(0.989, abs=0.02)
    assert score.measured["items"] == {
        "name": "ring8",
        "fingerprint": ring8().info.fingerprint,
        "of": 3200,
        "split": "train",
    }
    with pytest.raises(UserError, match="'ring8' is not a run, so --against must say"):
        evaluate("ring8")


def test_what_cannot_be_scored(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="needs at least 250 samples, not 20"):
        evaluate(run, n=20)
    with pytest.raises(UserError, match="there is no metric 'modess'"):
        evaluate(run, metrics=["modess"])
    with pytest.raises(UserError, match=r"'fd' judges|judges data of kind 'image'"):
        evaluate(run, metrics=["fd"])
    model, data = load(run), ring8(points=5)
    with pytest.raises(UserError, match="needs at least 250 samples, not 249"):
        require_scorable(model, data, EvaluationRequest(n=249))
    require_scorable(model, data, EvaluationRequest(n=250))
    require_scorable(model, data, EvaluationRequest())


def test_numbers_are_scored_by_two_distances(tmp_path: Path) -> None:
    changes = {"schedule.evaluate_every": 6, "schedule.evaluate_samples": 300, "schedule.sample_every": 0}
    run = train(tiny_recipe("gan1d-minimax", changes), out=tmp_path / "run")
    assert [(e["step"], e["name"]) for e in run.events.read("score")] == [
        (6, "w1"),
        (6, "ks"),
        (12, "w1"),
        (12, "ks"),
    ]
    assert run.best_step() in (6, 12)
    scores = evaluate(run, n=400)
    assert [score.name for score in scores] == ["w1", "ks"]
    assert all(score.measured["samples"] == 400 for score in scores)
    assert len(list(run.eval.glob("*n400*"))) == 2


def test_stacked_pictures_are_scored_by_their_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        stacked_modes, "_default_classifier", lambda name: asked.append(name) or digit_classifier()
    )
    data = StackedImages("stacked-digits", digits(), size=1500, seed=0, split="train")
    model = Model(Copies(data), torch.nn.ModuleDict({"G": torch.nn.Linear(1, 1)}), Gaussian(1), data.info, 7)
    require_scorable(model, data, EvaluationRequest(n=1000))
    assert asked == ["digits"], "what it takes is there before the training begins"
    with pytest.raises(UserError, match="needs at least 1,000 samples, not 999"):
        require_scorable(model, data, EvaluationRequest(n=999))
    (score,) = score_model(model, data, n=1100, seed=4)
    drawn = data.labels(Copies.index(model.latents(1100, 4)))
    assert (score.name, score.value) == ("stacked-modes", len(drawn.unique()))
    assert (score.measured["generator"]["step"], score.measured["generator"]["seed"]) == (7, 4)


class Copies(Algorithm):
    """Samples are pictures of the data."""

    def __init__(self, data: StackedImages) -> None:
        super().__init__()
        self.data = data

    @staticmethod
    def index(latent: torch.Tensor) -> torch.Tensor:
        return (latent[:, 0].abs() * 10_000).long() % 1500

    def sample(
        self, networks: torch.nn.ModuleDict, latent: torch.Tensor, condition: torch.Tensor | None = None
    ) -> torch.Tensor:
        return self.data.info.from_data(self.data.items(self.index(latent)))


def test_scoring_leaves_random_state_alone(run: Run) -> None:
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    evaluate(run, n=300)
    assert torch.equal(torch.rand(2), expected)


def test_no_evaluation_replaces_one_that_was_measured_otherwise(run: Run) -> None:
    before = len(list(run.eval.iterdir()))
    evaluate(run, n=310)
    evaluate(run, n=310, seed=2)
    evaluate(run, n=310, against="ring8")
    assert len(list(run.eval.iterdir())) == before + 3
    evaluate(run, n=310)
    assert len(list(run.eval.iterdir())) == before + 3, "the same again replaces itself"


def test_data_that_has_changed_since_is_refused_unless_it_is_named(run: Run) -> None:
    before = (run.path / "meta.json").read_text()
    edit_json(run.path / "meta.json", lambda meta: meta["data"].update(fingerprint="0" * 16))
    try:
        with pytest.raises(UserError, match=r"not the one that .* was trained on"):
            evaluate(run, n=320)
        assert evaluate(run, n=320, against="ring8")[0].measured["samples"] == 320
    finally:
        (run.path / "meta.json").write_text(before)


PICTURE_METRICS = ["fd", "fd-inf", "kd", "pr", "dc", "swd", "spectrum"]


@pytest.fixture
def projections(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Projection]:
    """Cheap features by the name of 'projection', of which those that are made are kept."""
    made: list[Projection] = []

    def make(of: str, resolution: int | None) -> Projection:
        made.append(Projection((3, 32, 32)))
        return made[-1]

    monkeypatch.setattr(registry, "EXTRACTORS", {"projection": make})
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    return made


def test_all_metrics_of_pictures_at_once(projections: list[Projection], tmp_path: Path) -> None:
    run = train(
        tiny_recipe("dcgan-shapes", {"data.size": 120, "schedule.sample_every": 0}), out=tmp_path / "run"
    )
    scores = evaluate(run, metrics=PICTURE_METRICS, features="projection", n=110)
    assert [score.name for score in scores] == [
        *(f"{name}[projection@32]" for name in PICTURE_METRICS[:5]),
        "swd",
        "spectrum",
    ]
    (extractor,) = projections
    assert extractor.images_seen == 120 + 110, "each picture is seen once, whoever asks"
    assert {score.measured["samples"] for score in scores} == {110}
    assert {(s.measured["generator"]["step"], s.measured["generator"]["seed"]) for s in scores} == {(12, 1)}
    assert len(list(run.eval.iterdir())) == len(PICTURE_METRICS)
    again = evaluate(run, metrics=PICTURE_METRICS, features="projection", n=110)
    assert [score.to_dict() for score in again] == [score.to_dict() for score in scores]
    assert projections[1].images_seen == 110, "of the reference all is kept"


def test_classes_need_samples_with_labels(projections: list[Projection], tmp_path: Path) -> None:
    run = train(
        tiny_recipe("dcgan-shapes", {"data.size": 120, "schedule.sample_every": 0}), out=tmp_path / "run"
    )
    with pytest.raises(UserError, match=r"'fd-class\[projection@32\]' needs samples with labels"):
        evaluate(run, metrics=["fd-class"], features="projection", n=110)
    assert projections[0].images_seen == 0, "it is said before any work"
    with few_shapes():
        (score,) = evaluate("shapes", against="shapes", metrics=["fd-class"], features="projection", n=400)
    assert sum(score.measured["samples_of_class"]) == 400
    assert set(score.details["classes"]) == set(shapes().info.classes)


def test_a_function_of_ones_own_gives_features_if_its_module_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    (tmp_path / "my_colours.py").write_text("def means(x):\n    return x.float().mean((2, 3))\n")
    asked = {"against": "shapes", "metrics": ["fd"], "features": "my_colours:means", "n": 60}
    with pytest.raises(UserError, match=r"no features 'my_colours:means'; .* with --module"):
        evaluate("shapes", **asked)
    trusted = {import_file(tmp_path / "my_colours.py").__name__}
    with few_shapes():
        (score,) = evaluate("shapes", **asked, trusted=trusted)
    assert score.name == "fd[my_colours:means]"
    features = score.measured["features"]
    assert features["dims"] == 3
    assert features["weights_sha256"] == hashlib.sha256((tmp_path / "my_colours.py").read_bytes()).hexdigest()


def test_a_run_is_held_against_the_other_split_of_its_data(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    run = train(tiny_recipe("dcgan-shapes", {"data.size": 300}), out=tmp_path / "run")
    memorization, path_length = evaluate(run, metrics=["memorization", "ppl"], features="pixels@4", n=120)
    held_out = shapes(300, split="test").info
    assert memorization.measured["held_out"]["fingerprint"] == held_out.fingerprint
    assert memorization.measured["samples"] == path_length.measured["paths"] == 120
    assert path_length.value > 0
    written = {p.suffix for p in run.eval.glob("memorization-*")}
    assert written == {".json", ".png"}
    with few_shapes():
        (probe,) = evaluate(run, metrics=["probe"], features="pixels@4", held_out="shapes")
    assert probe.measured["samples"] == 0
    assert probe.measured["held_out"]["of"] == FEW, "the set that was named, though its split is the same"


def test_own_pictures_need_held_out_ones_by_name(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    folders = {}
    for name, seed in (("train", 0), ("other", 1), ("made", 2)):
        pixels = (
            torch.randint(0, 256, (120, 8, 8), generator=torch.Generator().manual_seed(seed)).byte().numpy()
        )
        folders[name] = tmp_path / name
        folders[name].mkdir()
        for number, picture in enumerate(pixels):
            Image.fromarray(picture).save(folders[name] / f"{number}.png")
    asked = {"against": f"folder:{folders['train']}", "metrics": ["memorization"], "features": "pixels@8"}
    with pytest.raises(UserError, match="'folder:train' has no other split; name some with --held-out"):
        evaluate(folders["made"], **asked)
    (honest,) = evaluate(folders["made"], held_out=str(folders["other"]), **asked)
    assert honest.details["verdict"].startswith("No sign of copying")
    (copies,) = evaluate(folders["train"], held_out=str(folders["other"]), **asked)
    assert copies.value == 1
    assert copies.details["verdict"].startswith("Copies: about 100.0% of the samples")
    with pytest.raises(UserError, match="needs a generator: score a run"):
        evaluate(folders["made"], **{**asked, "metrics": ["ppl"]})
    write_gallery(tmp_path / "pairs.png", [honest])
    assert Image.open(tmp_path / "pairs.png").width > 300
    for bad in ("pairs.png", "pairs.jpg", "no/such.png"):
        with pytest.raises(UserError, match="--gallery must be a new"):
            check_gallery(tmp_path / bad)
