"""The Inception Score: its bounds, torch-fidelity's number, and features that know no classes."""

from __future__ import annotations

import pytest
import torch
from tests.metrics.stand_ins import Held, Projection, digits, reads_digits

from ganbench.errors import UserError
from ganbench.metrics.distances.inception_score import InceptionScore, inception_scores
from ganbench.metrics.measure import measure
from ganbench.metrics.sample_batch import Chunk


def test_sure_and_even_is_the_number_of_classes_and_unsure_or_one_sided_is_1():
    sure = 200 * torch.eye(10).repeat(30, 1)
    assert inception_scores(sure, 3).tolist() == pytest.approx([10, 10, 10])
    assert inception_scores(torch.zeros(30, 10), 1).tolist() == pytest.approx([1])
    assert inception_scores(sure[:1].repeat(30, 1), 1).tolist() == pytest.approx([1])
    assert inception_scores(sure[:5].repeat(8, 1), 1).tolist() == pytest.approx([5])


@pytest.mark.parametrize("seed", range(5))
def test_torch_fidelity_agrees(seed):
    oracle = pytest.importorskip("torch_fidelity.metric_isc")
    features = reads_digits()
    logits = 3 * torch.randn(1003, 10, generator=torch.Generator().manual_seed(seed))
    theirs = oracle.isc_features_to_metric(logits)
    measurement = InceptionScore(features).begin(digits())
    measurement._logits = list(logits.split(100))
    score = measurement.score()
    assert score.value == pytest.approx(theirs["inception_score_mean"], rel=1e-6)
    assert score.details["spread_over_splits"] == pytest.approx(theirs["inception_score_std"], rel=1e-6)


def test_the_score_of_a_classifier_has_its_name():
    data, features = digits(200), reads_digits()
    score = measure((InceptionScore(features, splits=2),), [data.items(torch.arange(200))], data)[0]
    assert score.name == "is[classifier:digits]"
    assert score.better == "higher"
    assert 5 < score.value <= 10
    assert (score.measured["splits"], score.measured["samples"]) == (2, 200)
    low, high = score.details["interval_95"]
    assert low <= score.value <= high
    one = measure((InceptionScore(features, splits=1),), [data.items(torch.arange(200))], data)[0]
    assert one.details["interval_95"] is None, "one part tells nothing of others"


def test_features_without_classes_are_refused(pictures):
    with pytest.raises(UserError, match="a network that tells classes, and 'projection@8' do not"):
        measure((InceptionScore(Projection()),), [pictures(100)], Held(pictures(100)))[0]
    with pytest.raises(UserError, match="at least 1 split, not 0"):
        InceptionScore(reads_digits(), splits=0)
    with pytest.raises(ValueError, match="cannot make 3 parts of 2"):
        inception_scores(torch.zeros(2, 2), 3)


class OneHead(Projection):
    """Logits that are made of the features."""

    score_names = {"is": "IS"}  # noqa: RUF012

    def logits(self, images):
        raise AssertionError("the features suffice")

    def logits_from_features(self, features):
        return 2 * features


def test_logits_that_are_made_of_features_cost_no_second_pass(pictures):
    extractor, chunk = OneHead(), Chunk(pictures(5))
    assert torch.equal(chunk.logits(extractor), 2 * chunk.features(extractor))
    assert extractor.seen == 5
    assert InceptionScore(extractor).name == "IS"
