"""Modes of stacked images: planted modes, expectations by simulation, and errors."""

from __future__ import annotations

import json
import math

import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.stand_ins import MemoryDataset, digit_classifier, digits

from ganbench.data.images import ImageDataset
from ganbench.data.stacked_mnist import StackedImages
from ganbench.errors import UserError
from ganbench.metrics.coverage import stacked_modes
from ganbench.metrics.coverage.stacked_modes import ModeHistogram, StackedModes
from ganbench.metrics.measure import measure
from ganbench.metrics.score import Score


def reference(size: int = 500) -> StackedImages:
    return StackedImages("stacked-digits", digits(), size=size, seed=0, split="train")


def images(modes: list[int] | torch.Tensor) -> torch.Tensor:
    """One image of each of these modes in 0..999."""
    mode = torch.as_tensor(modes)
    channels = torch.stack([mode // 100, mode // 10 % 10, mode % 10], 1) * 25
    return channels.to(torch.uint8)[:, :, None, None].expand(-1, -1, 8, 8).contiguous()


def score(samples: torch.Tensor, batch_size: int = 300) -> Score:
    return measure((StackedModes(digit_classifier()),), samples.split(batch_size), reference())[0]


def test_planted_modes_are_counted_exactly():
    planted = torch.tensor([0, 7, 357, 358, 900, 999])
    result = score(images(planted.repeat(200)))
    assert (result.name, result.value, result.better) == ("stacked-modes", 6.0, "higher")
    assert result.details["captured_tenth"] == 6
    assert result.details["modes"] == 1000
    assert result.details["missing"] == [f"{k:03}" for k in (*range(1, 7), *range(8, 22))]
    assert result.details["kl_to_data_nats"] == pytest.approx(math.log(1000 / 6))
    assert result.details["kl_to_uniform_nats"] == pytest.approx(math.log(1000 / 6))


def test_one_sample_of_each_mode_is_a_perfect_score():
    result = score(images(torch.arange(1000)))
    assert result.value == result.details["captured_tenth"] == 1000
    assert result.details["missing"] == []
    assert result.details["kl_to_data_nats"] == pytest.approx(0, abs=1e-12)


def test_a_single_sample_captures_a_mode_but_not_by_the_stricter_count():
    result = score(images([5] * 29_999 + [6]))
    assert (result.value, result.details["captured_tenth"]) == (2.0, 1)


def test_the_batch_size_has_no_effect():
    samples = images(torch.randint(1000, (1500,), generator=torch.Generator().manual_seed(0)))
    assert score(samples, 7) == score(samples, 1500)


def test_images_are_center_cropped():
    samples, white = images(torch.arange(1000)), torch.full((1000, 3, 14, 12), 255, dtype=torch.uint8)
    white[:, :, 3:11, 2:10] = samples
    wide = ImageDataset(
        "digits", torch.zeros(10, 1, 14, 12, dtype=torch.uint8), torch.arange(10), tuple("0123456789")
    )
    padded = StackedImages("padded", wide, size=20, seed=0, split="train")
    result = measure((StackedModes(digit_classifier()),), [white], padded)[0]
    assert result.value == 1000
    assert result.measured["cut_to"] == [8, 8]
    assert result.details == score(samples).details


def test_images_smaller_than_the_classifiers_are_refused():
    small = ImageDataset(
        "digits", torch.zeros(10, 1, 6, 8, dtype=torch.uint8), torch.arange(10), tuple("0123456789")
    )
    with pytest.raises(UserError, match="need images of 1x8x8, not 1x6x8"):
        measure(
            (StackedModes(digit_classifier()),),
            [torch.zeros(1000, 3, 6, 8, dtype=torch.uint8)],
            StackedImages("small", small, size=9, seed=0, split="train"),
        )[0]


def test_predictions_with_low_confidence_are_counted():
    samples = images([555] * 1000)
    assert score(samples).details["unsure"] == 0
    samples[:250, 1] += 12  # almost halfway between two classes
    assert score(samples).details["unsure"] == pytest.approx(250 / 3000)


@given(st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(any), st.integers(0, 10**6))
def test_the_divergence_matches_scipy(counts, seed):
    probabilities = torch.rand(4, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) + 0.01
    probabilities /= probabilities.sum()
    histogram = ModeHistogram(counts=torch.tensor(counts), probabilities=probabilities)
    expected = scipy.stats.entropy(counts, probabilities.tolist())
    assert histogram.divergence(probabilities) == pytest.approx(expected, abs=1e-9)
    assert histogram.captured == sum(count > 0 for count in counts)


@pytest.mark.parametrize("samples", [1000, 5000, 26_000])
def test_expectations_match_simulated_samples_of_the_data(samples):
    probabilities = reference().mode_probabilities
    generator = torch.Generator().manual_seed(samples)
    histograms = []
    for _ in range(40):
        modes = torch.multinomial(probabilities, samples, replacement=True, generator=generator)
        histograms.append(ModeHistogram(counts=modes.bincount(minlength=1000), probabilities=probabilities))
    captured = torch.tensor([histogram.captured for histogram in histograms]).double()
    divergence = torch.tensor([histogram.divergence(probabilities) for histogram in histograms])
    for simulated, expected in (
        (captured, histograms[0].expected_captured),
        (divergence, histograms[0].expected_divergence),
    ):
        assert (
            abs(float(simulated.mean()) - expected) <= 5 * float(simulated.std()) / 40**0.5 + 0.001 * expected
        )


def test_the_record_of_the_score():
    result = score(images(torch.arange(1000)))
    assert result.measured["samples"] == 1000
    assert result.measured["reference"]["name"] == "stacked-digits"
    assert result.measured["reference"]["fingerprint"] == reference().info.fingerprint
    assert result.measured["classifier"]["name"] == "classifier:digits"
    assert result.measured["classifier"]["trained"]["test_accuracy"] == 0.99
    assert Score.from_dict(json.loads(json.dumps(result.to_dict()))) == result
    other = measure((StackedModes(digit_classifier(0.98)),), [images(torch.arange(1000))], reference())[0]
    assert result.differences(other) == ("classifier.trained.test_accuracy",)


def test_the_default_classifier_is_that_of_the_stacked_set(monkeypatch):
    requested = []
    monkeypatch.setattr(
        stacked_modes, "_default_classifier", lambda name: requested.append(name) or digit_classifier()
    )
    assert measure((StackedModes(),), [images(torch.arange(1000))], reference())[0].value == 1000
    assert requested == ["digits"]


def test_unsuitable_references_and_too_few_samples_are_refused():
    with pytest.raises(UserError, match="'held' has none; use stacked-mnist"):
        StackedModes(digit_classifier()).begin(MemoryDataset(torch.zeros(3, 3, 8, 8, dtype=torch.uint8)))
    with pytest.raises(UserError, match=r"at least 1,000 samples, not 999; it is usually measured on 26,000"):
        score(images([0] * 999))
    two = ImageDataset("two", digits(20).pixels, torch.arange(20) % 2, ("a", "b"))
    with pytest.raises(UserError, match="has 10 classes, which do not make the 8 modes of 'pairs'"):
        StackedModes(digit_classifier()).begin(StackedImages("pairs", two, size=9, seed=0, split="train"))
