"""Intervals cover what they are of as often as they say, and equal SciPy's where that has them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch

from ganbench.metrics.coverage.mode_coverage import ModeCoverage
from ganbench.metrics.intervals import of_means, of_parts, of_share, of_subsets


@pytest.mark.parametrize("parts", [2, 5, 10, 31])
def test_disjoint_parts_have_students_interval(parts):
    values = torch.randn(parts, generator=torch.Generator().manual_seed(parts), dtype=torch.float64)
    expected = scipy.stats.t.interval(0.95, parts - 1, float(values.mean()), scipy.stats.sem(values.numpy()))
    assert of_parts(values) == pytest.approx(expected, rel=1e-9)
    assert of_parts(values[:1]) is None


def test_subsets_tell_how_all_rows_would_vary():
    """The mean of 400 normal numbers has a standard error of 1/20, whatever the subsets of 40 spread by."""
    draw, covered, errors = np.random.default_rng(0), 0, []
    for _ in range(300):
        rows = torch.from_numpy(draw.standard_normal(400))
        means = torch.stack([rows[draw.choice(400, 40, replace=False)].mean() for _ in range(60)])
        interval = of_subsets(means, 40, 400)
        assert interval is not None
        covered += interval[0] <= 0 <= interval[1]
        errors.append((interval[1] - interval[0]) / 3.92)
    assert 0.91 <= covered / 300 <= 0.985
    own = (1 / 40 - 1 / 400) / 60  # of the finite number of subsets
    assert np.mean(errors) == pytest.approx((1 / 400 + own) ** 0.5, rel=0.03)
    assert of_subsets(means, 201, 400) is None


def test_the_bootstrap_of_a_share_is_the_binomials():
    inside = torch.arange(1000) < 900
    low, high = of_means([inside], lambda means: means[0])
    error = (0.9 * 0.1 / 1000) ** 0.5
    assert (low, high) == pytest.approx((0.9 - 1.96 * error, 0.9 + 1.96 * error), abs=0.003)
    assert of_share(900, 1000) == pytest.approx([low, high], abs=0.003)
    assert of_means([inside], lambda means: means[0]) == [low, high], "the same again"
    assert of_share(0, 10) == [0, 0]


def test_resamples_lose_modes_and_find_none():
    found = ModeCoverage(samples=1000, counts=(400, 400, 1, 0), expected_share=0.99)
    assert found.resampled() == [2, 3]
    assert ModeCoverage(samples=1000, counts=(500, 500), expected_share=0.99).resampled() == [2, 2]
