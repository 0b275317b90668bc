"""The default metric fits the number of images."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.support.training import tiny_recipe

from ganbench.data.images import ImageDataset
from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.evaluation.sample_sources import DatasetSamples
from ganbench.evaluation.scoring import EvaluationRequest, score
from ganbench.experiment.train import train


def images(count: int) -> ImageDataset:
    generator = torch.Generator().manual_seed(count)
    return ImageDataset(
        "x", torch.randint(0, 256, (count, 3, 16, 16), dtype=torch.uint8, generator=generator)
    )


@pytest.mark.parametrize(
    ("samples", "reference", "name"),
    [(500, 400, "kd"), (900, 400, "kd"), (400, 900, "kd"), (800, 900, "fd")],
)
def test_few_images_are_scored_by_the_kernel_distance(
    samples: int, reference: int, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    request = EvaluationRequest(features="pixels@16")
    (result,) = score(DatasetSamples(images(samples)), images(reference), request)
    assert result.name == f"{name}[pixels@16]"
    assert ("only 400 images: scored by the kernel distance" in capsys.readouterr().err) == (name == "kd")


def test_too_few_images_for_any_score_are_refused_without_a_promise_of_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    request = EvaluationRequest(features="pixels@16")
    message = r"99 images are too few for a score: kd\[pixels@16\] needs 100 and fd\[pixels@16\] 769"
    for samples, reference in ((99, 400), (400, 99)):
        with pytest.raises(UserError, match=message):
            score(DatasetSamples(images(samples)), images(reference), request)
    assert "scored by" not in capsys.readouterr().err


def test_a_metric_of_models_needs_a_run() -> None:
    with pytest.raises(UserError, match="metric 'codes' needs the networks of a run, and 'ring8' is none"):
        evaluate("ring8", against="ring8", metrics=["codes"])


def test_a_model_without_samples_is_refused_before_features_are_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(tiny_recipe("simsiam-shapes"), out=tmp_path / "run")
    monkeypatch.setattr("ganbench.evaluation.scoring.measure", pytest.fail)
    with pytest.raises(
        UserError, match=r"^SimSiam generates no samples, which 'fd\[pixels@4\]' needs; it only encodes"
    ):
        evaluate(run, metrics=["fd"], features="pixels@4", n=500)
