"""The distance at infinitely many samples: the line, and nearer to the truth than the distance itself."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.features.test_gaussian_distance import statistics
from tests.metrics.stand_ins import Held, Projection

from ganbench.errors import UserError
from ganbench.metrics.distances.frechet_infinity import (
    FrechetInfinity,
    counts_of,
    distances_at,
    extrapolated,
    limit_of,
)
from ganbench.metrics.features.gaussian import FrechetTo, Gaussian
from ganbench.metrics.features.reference import random_order
from ganbench.metrics.measure import measure


@given(st.floats(-10, 10), st.floats(-1e4, 1e4), st.integers(20, 10**5))
def test_a_line_is_found_exactly(limit, slope, samples):
    counts = counts_of(samples)
    found = extrapolated(counts, [limit + slope / n for n in counts])
    assert found == pytest.approx((limit, slope), rel=1e-6, abs=1e-6)


def test_the_counts_are_the_papers_where_there_are_enough_samples():
    counts = counts_of(50_000)
    assert (counts[0], counts[-1], len(counts)) == (5000, 50_000, 15)
    assert counts_of(10_000)[0] == 5000
    assert counts_of(600)[0] == 300
    assert counts_of(600, 400)[0] == 400


def test_the_bias_is_gone():
    dims, truth = 40, 40 * 0.5**2
    reference = FrechetTo(Gaussian(10**6, torch.full((dims,), 0.5).double(), torch.eye(dims).double()))
    biased, found = [], []
    for seed in range(8):
        rows = torch.randn(2000, dims, generator=torch.Generator().manual_seed(seed))
        counts = counts_of(2000)
        distances = distances_at(rows, counts, reference)
        assert distances[-1] == pytest.approx(reference.terms(statistics(rows)).distance, rel=1e-9)
        biased.append(distances[-1] - truth)
        found.append(extrapolated(counts, distances)[0] - truth)
    assert sum(biased) / 8 > 0.2
    assert abs(sum(found) / 8) < 0.5 * sum(biased) / 8


def test_the_score(pictures):
    reference = Held(pictures(300))
    score = measure((FrechetInfinity(Projection()),), pictures(200, seed=1).split(33), reference)[0]
    assert score.name == "fd-inf[projection@8]"
    assert score.measured["extrapolated_from"]["samples"][-1] == 200
    assert score.value < score.details["distances"][-1]
    assert score.details["slope"] > 0
    assert score.details["real_against_real_samples"] == 150
    features = Projection()(reference.data)[random_order(300)]
    floor = limit_of(features[:150], FrechetTo(statistics(features[150:])), 7)
    assert score.details["real_against_real"] == pytest.approx(floor, rel=1e-4)
    again = measure((FrechetInfinity(Projection()),), [pictures(200, seed=1)], reference)[0]
    assert again.value == pytest.approx(score.value, rel=1e-4)
    assert again.differences(score) == ()
    with pytest.raises(UserError, match="needs at least 14 samples, not 13"):
        measure((FrechetInfinity(Projection()),), [pictures(13)], reference)[0]
    with pytest.raises(ValueError, match="two numbers"):
        extrapolated([5], [1.0])
