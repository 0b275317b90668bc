"""The Inception Score: its bounds, torch-fidelity's value, and features without classes."""

from __future__ import annotations

import pytest
import torch
from tests.metrics.stand_ins import MemoryDataset, Projection, digit_classifier, digits

from ganbench.errors import UserError
from ganbench.metrics.distances.inception_score import InceptionScore, inception_scores
from ganbench.metrics.measure import measure
from ganbench.metrics.sample_batch import SampleBatch


def test_confident_and_balanced_is_the_number_of_classes_and_unsure_or_one_sided_is_1():
    confident = 200 * torch.eye(10).repeat(30, 1)
    assert inception_scores(confident, 3).tolist() == pytest.approx([10, 10, 10])
    assert inception_scores(torch.zeros(30, 10), 1).tolist() == pytest.approx([1])
    assert inception_scores(confident[:1].repeat(30, 1), 1).tolist() == pytest.approx([1])
    assert inception_scores(confident[:5].repeat(8, 1), 1).tolist() == pytest.approx([5])


@pytest.mark.parametrize("seed", range(5))
def test_torch_fidelity_agrees(seed):
    oracle = pytest.importorskip("torch_fidelity.metric_isc")
    features = digit_classifier()
    logits = 3 * torch.randn(1003, 10, generator=torch.Generator().manual_seed(seed))
    theirs = oracle.isc_features_to_metric(logits)
    measurement = InceptionScore(features).begin(digits())
    measurement._logits = list(logits.split(100))
    score = measurement.score()
    assert score.value == pytest.approx(theirs["inception_score_mean"], rel=1e-6)
    assert score.details["spread_over_splits"] == pytest.approx(theirs["inception_score_std"], rel=1e-6)


def test_the_name_includes_the_classifier():
    data, features = digits(200), digit_classifier()
    score = measure((InceptionScore(features, splits=2),), [data.items(torch.arange(200))], data)[0]
    assert score.name == "is[classifier:digits]"
    assert score.better == "higher"
    assert 5 < score.value <= 10
    assert (score.measured["splits"], score.measured["samples"]) == (2, 200)
    low, high = score.details["interval_95"]
    assert low <= score.value <= high
    one = measure((InceptionScore(features, splits=1),), [data.items(torch.arange(200))], data)[0]
    assert one.details["interval_95"] is None, "one split has no spread"


def test_features_without_classes_raise_an_error(random_images):
    with pytest.raises(UserError, match="the features of a classifier, and 'projection@8' is none"):
        measure((InceptionScore(Projection()),), [random_images(100)], MemoryDataset(random_images(100)))[0]
    with pytest.raises(UserError, match="at least 1 split, not 0"):
        InceptionScore(digit_classifier(), splits=0)
    with pytest.raises(ValueError, match="cannot make 3 parts of 2"):
        inception_scores(torch.zeros(2, 2), 3)


class OneHead(Projection):
    """A classifier whose logits are a function of the features."""

    score_names = {"is": "IS"}  # noqa: RUF012

    def logits(self, images):
        raise AssertionError("the features suffice")

    def logits_from_features(self, features):
        return 2 * features


def test_logits_from_features_need_no_second_pass(random_images):
    extractor, batch = OneHead(), SampleBatch(random_images(5))
    assert torch.equal(batch.logits(extractor), 2 * batch.features(extractor))
    assert extractor.images_seen == 5
    assert InceptionScore(extractor).name == "IS"
