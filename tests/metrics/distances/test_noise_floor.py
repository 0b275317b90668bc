"""What real pictures score: as if worked out by hand, once, and beside every distance."""

from __future__ import annotations

import pytest
import torch
from tests.metrics.features.test_gaussian_distance import statistics
from tests.metrics.stand_ins import Held, Projection

from ganbench.metrics.distances import noise_floor
from ganbench.metrics.distances.frechet import FrechetDistance
from ganbench.metrics.features.gaussian import FrechetTo, frechet_distance, without
from ganbench.metrics.features.reference import random_order, reference_statistics
from ganbench.metrics.measure import measure


def test_it_is_the_distance_of_some_to_all_others(pictures):
    data, extractor = pictures(300), Projection()
    features = extractor(data)[random_order(300)]
    score = measure((FrechetDistance(extractor),), [pictures(60, seed=1)], Held(data))[0]
    expected = frechet_distance(statistics(features[60:]), statistics(features[:60]))
    assert score.details["real_against_real"] == pytest.approx(expected, rel=1e-4)
    assert score.details["real_against_real_samples"] == 60


def test_no_more_than_half_of_the_reference_is_taken(pictures):
    score = measure((FrechetDistance(Projection()),), [pictures(60, seed=1)], Held(pictures(80)))[0]
    assert score.details["real_against_real_samples"] == 40


def test_it_is_kept_and_damage_is_seen(pictures, cache, monkeypatch):
    reference, extractor = Held(pictures(300)), Projection()
    to = FrechetTo(reference_statistics(reference, extractor))
    first = noise_floor.real_against_real(reference, extractor, to, 60)
    made = []
    monkeypatch.setattr(noise_floor, "without", lambda *a: made.append(a) or without(*a))
    assert noise_floor.real_against_real(reference, extractor, to, 60) == first
    assert made == []
    (kept,) = (cache / "floors").iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])
    assert noise_floor.real_against_real(reference, extractor, to, 60) == first
    assert noise_floor.real_against_real(reference, extractor, to, 70) != first
    assert len(made) == 2


def test_extras_may_be_left_out(pictures, cache):
    score = measure(
        (FrechetDistance(Projection(), extras=False),), [pictures(60, seed=1)], Held(pictures(80))
    )[0]
    assert set(score.details) == {"mean_term", "covariance_term"}
    full = measure((FrechetDistance(Projection()),), [pictures(60, seed=1)], Held(pictures(80)))[0]
    assert full.value == pytest.approx(score.value, rel=1e-12)  # eigenvalues with and without their vectors
    low, high = full.details["interval_95"]
    assert 0 <= low < full.value < high


def test_a_reference_of_three_has_none():
    tiny = Held(torch.arange(3, dtype=torch.uint8).reshape(3, 1, 1, 1))
    metric = FrechetDistance(Projection((1, 1, 1), 1), allow_rank_deficient=True)
    score = measure((metric,), [tiny.data], tiny)[0]
    assert score.details["real_against_real"] is None
