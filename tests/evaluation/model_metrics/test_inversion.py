"""The score of inversion: the same images each time, a small difference for a model's own samples, and their class."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

import ganbench
from ganbench.data.images import ImageDataset
from ganbench.evaluation.model_metrics import inversion
from ganbench.evaluation.model_metrics.inversion import inversion_scores
from ganbench.inference.inversion import InversionSettings
from ganbench.inference.model import Model


class SeesOnes:
    """Stands in for a classifier: every image is of class 1."""

    name = "stand-in"

    def logits(self, images: Tensor) -> Tensor:
        return torch.nn.functional.one_hot(torch.ones(len(images), dtype=torch.int64), 10).float()


@pytest.fixture(scope="module")
def model() -> Model:
    return ganbench.load("zoo:digits")


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inversion, "_SETTINGS", InversionSettings(steps=30, starts=10))
    monkeypatch.setattr(inversion, "_IMAGES", 12)


def dataset(model: Model, name: str) -> ImageDataset:
    labels = torch.arange(20) % 4
    return ImageDataset(name, model.sample(20, seed=3, labels=labels), labels, tuple("0123456789"))


def test_the_models_own_samples_are_found_and_the_search_is_recorded(model: Model) -> None:
    (score,) = inversion_scores(model, dataset(model, "mine"))
    assert (score.name, score.better) == ("inversion", "lower")
    assert 0 < score.value < 0.06
    assert score.measured["samples"] == 12
    assert score.measured["search"]["steps"] == 30
    assert inversion_scores(model, dataset(model, "mine"))[0].value == score.value


def test_the_class_is_read_by_the_classifier_of_a_named_data_set(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(inversion, "load_or_train_classifier", asked.append)
    monkeypatch.setattr(inversion, "ClassifierFeatures", lambda classifier: SeesOnes())
    monkeypatch.setattr(inversion, "features_record", lambda classifier: {"name": classifier.name})
    items = dataset(model, "mnist")
    _, kept = inversion_scores(model, items)
    assert asked == ["mnist"]
    assert (kept.name, kept.better) == ("inversion-class", "higher")
    assert kept.value == kept.details["real"] == pytest.approx(round(12 * kept.value) / 12)
    assert 0 < kept.value < 1
    low, high = kept.details["interval_95"]
    assert low < kept.value < high
