"""Metrics of a classifier's answers: conditional accuracy and class balance."""

from __future__ import annotations

import math

import pytest
import torch
from scipy import stats

from ganbench.errors import UserError
from ganbench.metrics.chunk import Labelled
from ganbench.metrics.class_balance import ClassBalance
from ganbench.metrics.conditional_accuracy import ConditionalAccuracy, wilson_interval

from .stand_ins import Held, Projection, digits, reads_digits


def test_the_share_that_shows_what_was_asked_for():
    samples, labels = digits(200).pixels, torch.arange(200) % 10
    labels[:50] = (labels[:50] + 1) % 10
    score = ConditionalAccuracy(reads_digits()).score([Labelled(samples, labels)], digits())
    assert score.name == "accuracy[classifier:digits]"
    assert score.value == 0.75
    assert score.details["classes"] == {str(k): 0.75 for k in range(10)}
    assert score.measured["features"]["trained"]["test_accuracy"] == 0.99
    low, high = score.details["interval_95"]
    assert low < 0.75 < high


def test_a_class_without_samples_has_no_accuracy():
    score = ConditionalAccuracy(reads_digits()).score(
        [Labelled(digits(100).pixels, torch.arange(100) % 5)], digits()
    )
    assert score.value == 0.5
    assert score.details["classes"]["9"] is None


def test_wilsons_interval_is_scipys():
    for right, count in ((0, 50), (3, 50), (50, 50), (900, 1000)):
        expected = stats.binomtest(right, count).proportion_ci(method="wilson")
        assert wilson_interval(right / count, count) == pytest.approx([expected.low, expected.high], abs=1e-4)


def test_even_classes_diverge_by_nothing_and_one_class_by_ln_10():
    metric = ClassBalance(reads_digits())
    even = metric.score([digits(200).pixels], digits())
    assert even.value == pytest.approx(0, abs=1e-12)
    assert even.details["expected"] == pytest.approx(9 / 400)
    one = metric.score([digits(10).pixels[3:4].repeat(100, 1, 1, 1)], digits())
    assert one.value == pytest.approx(math.log(10))
    assert one.details["missing"] == [str(k) for k in range(10) if k != 3]


def test_what_tells_other_classes_is_refused(pictures):
    for metric in (ConditionalAccuracy, ClassBalance):
        name = metric(Projection()).name.partition("[")[0]
        with pytest.raises(UserError, match=f"'{name}.*needs a reference with classes, and 'held' has none"):
            metric(reads_digits()).score([pictures(100)], Held(pictures(9)))
        with pytest.raises(
            UserError, match="features 'projection@8' are none; write --features classifier:digits"
        ):
            metric(Projection()).score([digits().pixels], digits())
    other = digits()
    object.__setattr__(other.info, "classes", tuple("abcdefghij"))
    with pytest.raises(UserError, match="the classes of 'classifier:digits' are not those of 'digits'"):
        ClassBalance(reads_digits()).score([digits().pixels], other)
    with pytest.raises(UserError, match="needs samples with labels"):
        ConditionalAccuracy(reads_digits()).score([digits().pixels], digits())
