"""Metrics of a classifier's answers: conditional accuracy and class balance."""

from __future__ import annotations

import math

import pytest
import torch
from scipy import stats
from tests.metrics.stand_ins import Held, Projection, digits, reads_digits

from ganbench.errors import UserError
from ganbench.metrics.classes.class_balance import ClassBalance
from ganbench.metrics.classes.conditional_accuracy import ConditionalAccuracy, wilson_interval
from ganbench.metrics.measure import measure
from ganbench.metrics.sample_batch import Labelled


def test_the_share_that_shows_what_was_asked_for():
    samples, labels = digits(200).pixels, torch.arange(200) % 10
    labels[:50] = (labels[:50] + 1) % 10
    score = measure((ConditionalAccuracy(reads_digits()),), [Labelled(samples, labels)], digits())[0]
    assert score.name == "accuracy[classifier:digits]"
    assert score.value == 0.75
    assert score.details["classes"] == {str(k): 0.75 for k in range(10)}
    assert score.measured["features"]["trained"]["test_accuracy"] == 0.99
    low, high = score.details["interval_95"]
    assert low < 0.75 < high


def test_a_class_without_samples_has_no_accuracy():
    score = measure(
        (ConditionalAccuracy(reads_digits()),),
        [Labelled(digits(100).pixels, torch.arange(100) % 5)],
        digits(),
    )[0]
    assert score.value == 0.5
    assert score.details["classes"]["9"] is None


def test_wilsons_interval_is_scipys():
    for right, count in ((0, 50), (3, 50), (50, 50), (900, 1000)):
        expected = stats.binomtest(right, count).proportion_ci(method="wilson")
        assert wilson_interval(right / count, count) == pytest.approx([expected.low, expected.high], abs=1e-4)


def test_even_classes_diverge_by_nothing_and_one_class_by_ln_10():
    metric = ClassBalance(reads_digits())
    even = measure((metric,), [digits(200).pixels], digits())[0]
    assert even.value == pytest.approx(0, abs=1e-12)
    assert even.details["expected"] == pytest.approx(9 / 400)
    one = measure((metric,), [digits(10).pixels[3:4].repeat(100, 1, 1, 1)], digits())[0]
    assert one.value == pytest.approx(math.log(10))
    assert one.details["missing"] == [str(k) for k in range(10) if k != 3]


def test_what_tells_other_classes_is_refused(pictures):
    for metric in (ConditionalAccuracy, ClassBalance):
        name = metric(Projection()).name.partition("[")[0]
        with pytest.raises(UserError, match=f"'{name}.*needs a reference with classes, and 'held' has none"):
            measure((metric(reads_digits()),), [pictures(100)], Held(pictures(9)))[0]
        with pytest.raises(
            UserError, match="features 'projection@8' are none; write --features classifier:digits"
        ):
            measure((metric(Projection()),), [digits().pixels], digits())[0]
    other = digits()
    object.__setattr__(other.info, "classes", tuple("abcdefghij"))
    with pytest.raises(UserError, match="the classes of 'classifier:digits' are not those of 'digits'"):
        measure((ClassBalance(reads_digits()),), [digits().pixels], other)[0]
    with pytest.raises(UserError, match="needs samples with labels"):
        measure((ConditionalAccuracy(reads_digits()),), [digits().pixels], digits())[0]
