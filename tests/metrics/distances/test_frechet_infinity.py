"""The distance of infinitely many samples: the line fit, and less bias than the distance itself."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.features.test_gaussian_distance import statistics
from tests.metrics.stand_ins import MemoryDataset, Projection

from ganbench.errors import UserError
from ganbench.metrics.distances.frechet_infinity import (
    FrechetInfinity,
    distances_at_counts,
    extrapolate,
    extrapolate_distance,
    sample_counts,
)
from ganbench.metrics.features.gaussian import FrechetReference, Gaussian
from ganbench.metrics.features.reference import random_order
from ganbench.metrics.measure import measure


@given(st.floats(-10, 10), st.floats(-1e4, 1e4), st.integers(20, 10**5))
def test_a_line_is_fitted_exactly(limit, slope, samples):
    counts = sample_counts(samples)
    fit = extrapolate(counts, [limit + slope / n for n in counts])
    assert fit == pytest.approx((limit, slope), rel=1e-6, abs=1e-6)


def test_the_counts_are_the_papers_if_there_are_enough_samples():
    counts = sample_counts(50_000)
    assert (counts[0], counts[-1], len(counts)) == (5000, 50_000, 15)
    assert sample_counts(10_000)[0] == 5000
    assert sample_counts(600)[0] == 300
    assert sample_counts(600, 400)[0] == 400


def test_extrapolation_removes_the_bias():
    dims, truth = 40, 40 * 0.5**2
    reference = FrechetReference(Gaussian(10**6, torch.full((dims,), 0.5).double(), torch.eye(dims).double()))
    biases, extrapolated_biases = [], []
    for seed in range(8):
        features = torch.randn(2000, dims, generator=torch.Generator().manual_seed(seed))
        counts = sample_counts(2000)
        distances = distances_at_counts(features, counts, reference)
        assert distances[-1] == pytest.approx(reference.terms(statistics(features)).distance, rel=1e-9)
        biases.append(distances[-1] - truth)
        extrapolated_biases.append(extrapolate(counts, distances)[0] - truth)
    assert sum(biases) / 8 > 0.2
    assert abs(sum(extrapolated_biases) / 8) < 0.5 * sum(biases) / 8


def test_the_score(random_images):
    reference = MemoryDataset(random_images(300))
    score = measure((FrechetInfinity(Projection()),), random_images(200, seed=1).split(33), reference)[0]
    assert score.name == "fd-inf[projection@8]"
    assert score.measured["extrapolated_from"]["samples"][-1] == 200
    assert score.value < score.details["distances"][-1]
    assert score.details["slope"] > 0
    assert score.details["real_against_real_samples"] == 150
    features = Projection()(reference.data)[random_order(300)]
    floor = extrapolate_distance(features[:150], FrechetReference(statistics(features[150:])), 7)
    assert score.details["real_against_real"] == pytest.approx(floor, rel=1e-4)
    again = measure((FrechetInfinity(Projection()),), [random_images(200, seed=1)], reference)[0]
    assert again.value == pytest.approx(score.value, rel=1e-4)
    assert again.differences(score) == ()
    with pytest.raises(UserError, match="needs at least 14 samples, not 13"):
        measure((FrechetInfinity(Projection()),), [random_images(13)], reference)[0]
    with pytest.raises(ValueError, match="two numbers"):
        extrapolate([5], [1.0])
