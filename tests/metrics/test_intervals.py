"""Intervals have the coverage they claim, and equal SciPy's where it has them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch

from ganbench.metrics.coverage.mode_coverage import ModeCoverage
from ganbench.metrics.intervals import (
    bootstrap_mean_interval,
    combine_intervals,
    interval_from_splits,
    interval_from_subsets,
    wilson_interval,
)


@pytest.mark.parametrize("splits", [2, 5, 10, 31])
def test_disjoint_splits_have_students_interval(splits):
    scores = torch.randn(splits, generator=torch.Generator().manual_seed(splits), dtype=torch.float64)
    expected = scipy.stats.t.interval(0.95, splits - 1, float(scores.mean()), scipy.stats.sem(scores.numpy()))
    assert interval_from_splits(scores) == pytest.approx(expected, rel=1e-9)
    assert interval_from_splits(scores[:1]) is None


def test_intervals_from_subsets_cover_the_mean_of_all_samples():
    """The mean of 400 normal numbers has a standard error of 1/20, whatever the spread of subsets of 40."""
    generator, covered, errors = np.random.default_rng(0), 0, []
    for _ in range(300):
        samples = torch.from_numpy(generator.standard_normal(400))
        means = torch.stack([samples[generator.choice(400, 40, replace=False)].mean() for _ in range(60)])
        interval = interval_from_subsets(means, 40, 400)
        assert interval is not None
        covered += interval[0] <= 0 <= interval[1]
        errors.append((interval[1] - interval[0]) / 3.92)
    assert 0.91 <= covered / 300 <= 0.985
    subset_error = (1 / 40 - 1 / 400) / 60  # of the finite number of subsets
    assert np.mean(errors) == pytest.approx((1 / 400 + subset_error) ** 0.5, rel=0.03)
    assert interval_from_subsets(means, 201, 400) is None


def test_the_bootstrap_of_a_mean_is_binomial_for_shares():
    inside = torch.arange(1000) < 900
    low, high = bootstrap_mean_interval(inside)
    error = (0.9 * 0.1 / 1000) ** 0.5
    assert (low, high) == pytest.approx((0.9 - 1.96 * error, 0.9 + 1.96 * error), abs=0.003)
    assert bootstrap_mean_interval(inside) == [low, high], "deterministic"
    assert wilson_interval(0.9, 1000) == pytest.approx([low, high], abs=0.003)
    assert bootstrap_mean_interval(torch.ones(10)) is None, "resamples of equal values say nothing"


@pytest.mark.parametrize("count", [1, 10, 100, 2500, 10_000])
@pytest.mark.parametrize("share", [0, 1])
def test_no_interval_of_a_share_has_width_0(count, share):
    low, high = wilson_interval(share, count)
    expected = scipy.stats.binomtest(share * count, count).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-4)
    assert high - low > 3.8 / (count + 3.9)


def test_combined_intervals_have_a_width_at_the_edges_too():
    assert combine_intervals([[1.0, 4.0], [1.0, 9.0]], lambda a, b: a + b) == [2.0, 13.0]
    for share in (0.0, 1.0):
        low, high = combine_intervals([wilson_interval(share, 100)] * 2, lambda a, b: a * b)
        assert high - low > 1e-3


def test_resampling_can_lose_modes_but_not_add_them():
    coverage = ModeCoverage(samples=1000, counts=(400, 400, 1, 0), expected_share=0.99)
    assert coverage.captured_interval() == [2, 3]
    assert ModeCoverage(samples=1000, counts=(500, 500), expected_share=0.99).captured_interval() == [2, 2]
