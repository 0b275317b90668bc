"""Covered classes: the rule on planted samples, the record, and errors."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import torch
from tests.metrics.stand_ins import MemoryDataset, digit_classifier, digits

from ganbench.data.images import ImageDataset
from ganbench.errors import UserError
from ganbench.metrics.coverage import class_coverage
from ganbench.metrics.coverage.class_coverage import ClassCoverage
from ganbench.metrics.extractors.classifier import ClassifierFeatures
from ganbench.metrics.measure import measure
from ganbench.metrics.score import Score


def images(counts: list[int]) -> torch.Tensor:
    """``counts[k]`` images of class k, uint8 ``[N, 1, 8, 8]``."""
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    return (25 * labels).to(torch.uint8)[:, None, None, None].expand(-1, 1, 8, 8).contiguous()


def labels(count: int = 1000) -> torch.Tensor:
    """The class of each of :func:`digits`."""
    return torch.arange(count) % 10


def score(samples: torch.Tensor, batch_size: int = 300) -> Score:
    return measure((ClassCoverage(digit_classifier()),), torch.split(samples, batch_size), digits())[0]


def test_samples_like_the_data_cover_all_classes() -> None:
    result = score(digits(1000).pixels)
    assert (result.name, result.value, result.better) == ("covered-classes", 10.0, "higher")
    assert result.details["classes"] == 10
    assert result.details["missing"] == []
    assert result.details["kl_to_data_nats"] == pytest.approx(0, abs=1e-12)
    assert result.details["unsure"] == 0


def test_a_class_is_covered_from_a_tenth_of_its_share() -> None:
    result = score(images([1, 9, 10, 11, 969]))
    assert result.value == 3
    assert result.details["missing"] == ["0", "1", "5", "6", "7", "8", "9"]
    shares: Any = result.details["shares"]
    assert shares["4"] == pytest.approx(0.969)


def test_one_class_only() -> None:
    result = score(images([0, 1000]))
    assert result.value == 1
    assert result.details["kl_to_data_nats"] == pytest.approx(math.log(10))


def test_samples_of_which_the_classifier_is_unsure_cover_nothing() -> None:
    samples = digits(1000).pixels.clone()
    samples[labels() == 3] += 12  # almost halfway between two classes
    result = score(samples)
    assert result.value == 9
    assert result.details["missing"] == ["3"]
    assert result.details["unsure"] == pytest.approx(0.1)
    assert result.details["kl_to_data_nats"] == pytest.approx(0, abs=1e-12)


def test_a_class_that_the_data_lack_is_not_counted() -> None:
    nine = ImageDataset(
        "digits", images([100] * 9), torch.arange(9).repeat_interleave(100), digits().info.classes
    )
    result = measure((ClassCoverage(digit_classifier()),), [digits(1000).pixels], nine)[0]
    assert result.value == result.details["classes"] == 9


def test_the_batch_size_has_no_effect() -> None:
    samples = images([100, 300, 7, 20, 600])
    assert score(samples, 7) == score(samples, 1500)


def test_larger_images_are_center_cropped() -> None:
    samples = torch.full((1000, 1, 12, 14), 255, dtype=torch.uint8)
    samples[:, :, 2:10, 3:11] = digits(1000).pixels
    padded = ImageDataset(
        "digits", torch.zeros(10, 1, 12, 14, dtype=torch.uint8), torch.arange(10), digits().info.classes
    )
    result = measure((ClassCoverage(digit_classifier()),), [samples], padded)[0]
    assert result.value == 10
    assert result.measured["cut_to"] == [8, 8]


def test_the_record_of_the_score() -> None:
    result = score(digits(1000).pixels)
    assert result.measured["samples"] == 1000
    classifier: Any = result.measured["classifier"]
    assert classifier["name"] == "classifier:digits"
    assert Score.from_dict(json.loads(json.dumps(result.to_dict()))) == result
    other = measure((ClassCoverage(digit_classifier(0.98)),), [digits(1000).pixels], digits())[0]
    assert result.differences(other) == ("classifier.trained.test_accuracy",)


def test_the_default_classifier_is_that_of_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    requested: list[str] = []

    def load(name: str) -> ClassifierFeatures:
        requested.append(name)
        return digit_classifier()

    monkeypatch.setattr(class_coverage, "dataset_classifier", load)
    ClassCoverage().begin(digits())
    assert requested == ["digits"]


def test_data_without_classes_or_with_others_are_refused() -> None:
    with pytest.raises(UserError, match="needs data with classes, and 'held' has none"):
        ClassCoverage(digit_classifier()).begin(MemoryDataset(torch.zeros(4, 1, 8, 8, dtype=torch.uint8)))
    letters = ImageDataset("letters", digits().pixels, labels(100), tuple("abcdefghij"))
    with pytest.raises(
        UserError, match="a classifier of the classes of 'letters', and 'classifier:digits' has others"
    ):
        ClassCoverage(digit_classifier()).begin(letters)
