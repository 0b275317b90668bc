"""Conditional accuracy and class balance."""

from __future__ import annotations

import math

import pytest
import torch
from scipy import stats
from tests.metrics.stand_ins import MemoryDataset, Projection, digit_classifier, digits

from ganbench.errors import UserError
from ganbench.metrics.classes.class_balance import ClassBalance
from ganbench.metrics.classes.conditional_accuracy import ConditionalAccuracy
from ganbench.metrics.intervals import wilson_interval
from ganbench.metrics.measure import measure
from ganbench.metrics.sample_batch import LabelledSamples


def test_the_accuracy_of_partly_wrong_samples():
    samples, labels = digits(200).pixels, torch.arange(200) % 10
    labels[:50] = (labels[:50] + 1) % 10
    score = measure((ConditionalAccuracy(digit_classifier()),), [LabelledSamples(samples, labels)], digits())[
        0
    ]
    assert score.name == "accuracy[classifier:digits]"
    assert score.value == 0.75
    assert score.details["classes"] == {str(k): 0.75 for k in range(10)}
    assert score.measured["features"]["trained"]["test_accuracy"] == 0.99
    low, high = score.details["interval_95"]
    assert low < 0.75 < high


def test_a_class_without_samples_has_no_accuracy():
    score = measure(
        (ConditionalAccuracy(digit_classifier()),),
        [LabelledSamples(digits(100).pixels, torch.arange(100) % 5)],
        digits(),
    )[0]
    assert score.value == 0.5
    assert score.details["classes"]["9"] is None


def test_wilson_interval_matches_scipy():
    for correct, count in ((0, 50), (3, 50), (50, 50), (900, 1000)):
        expected = stats.binomtest(correct, count).proportion_ci(method="wilson")
        assert wilson_interval(correct / count, count) == pytest.approx(
            [expected.low, expected.high], abs=1e-4
        )


def test_the_divergence_of_balanced_samples_is_0_and_of_one_class_ln_10():
    metric = ClassBalance(digit_classifier())
    balanced = measure((metric,), [digits(200).pixels], digits())[0]
    assert balanced.value == pytest.approx(0, abs=1e-12)
    assert balanced.details["expected"] == pytest.approx(9 / 400)
    one = measure((metric,), [digits(10).pixels[3:4].repeat(100, 1, 1, 1)], digits())[0]
    assert one.value == pytest.approx(math.log(10))
    assert one.details["missing"] == [str(k) for k in range(10) if k != 3]


def test_features_that_do_not_classify_the_reference_are_refused(random_images):
    for metric in (ConditionalAccuracy, ClassBalance):
        name = metric(Projection()).name.partition("[")[0]
        with pytest.raises(UserError, match=f"'{name}.*needs a reference with classes, and 'held' has none"):
            measure((metric(digit_classifier()),), [random_images(100)], MemoryDataset(random_images(9)))[0]
        with pytest.raises(
            UserError, match="features 'projection@8' are none; write --features classifier:digits"
        ):
            measure((metric(Projection()),), [digits().pixels], digits())[0]
    other = digits()
    object.__setattr__(other.info, "classes", tuple("abcdefghij"))
    with pytest.raises(UserError, match="the classes of 'classifier:digits' are not those of 'digits'"):
        measure((ClassBalance(digit_classifier()),), [digits().pixels], other)[0]
    with pytest.raises(UserError, match="needs samples with labels"):
        measure((ConditionalAccuracy(digit_classifier()),), [digits().pixels], digits())[0]
