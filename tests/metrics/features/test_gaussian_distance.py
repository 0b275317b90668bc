"""The standard error of the Fréchet distance against repeated draws, and statistics without a part."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganbench.metrics.features.gaussian import (
    FrechetReference,
    Gaussian,
    RunningGaussian,
    frechet_distance,
    remove_part,
)


def statistics(features: torch.Tensor) -> Gaussian:
    running = RunningGaussian(features.shape[1])
    running.add(features)
    return running.gaussian()


@pytest.mark.parametrize("shift", [0.0, 0.7, 6.0])
def test_the_standard_error_is_the_spread_over_draws(shift):
    generator = torch.Generator().manual_seed(0)
    dims, count, draws = 5, 2000, 300
    mix = torch.randn(dims, dims, generator=generator)
    reference = FrechetReference(Gaussian(10**6, torch.zeros(dims).double(), torch.eye(dims).double()))
    distances, errors = [], []
    for _ in range(draws):
        rows = torch.randn(count, dims, generator=generator) @ mix + shift
        gaussian = statistics(rows)
        distances.append(reference.terms(gaussian).distance)
        errors.append(reference.standard_error(gaussian, rows))
    spread = float(torch.tensor(distances).std())
    assert sum(errors) / draws == pytest.approx(spread, rel=0.15)
    assert max(errors) < 1.5 * min(errors)


def test_a_singular_covariance_has_a_finite_standard_error():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(10, 30, generator=generator)
    error = FrechetReference(statistics(torch.randn(500, 30, generator=generator))).standard_error(
        statistics(rows), rows
    )
    assert 0 < error < 100


@given(st.floats(0, 9), st.floats(0.1, 5), st.floats(0.1, 5), st.integers(1, 6))
def test_isotropic_gaussians_have_a_known_distance(shift, a, b, dims):
    one = Gaussian(9, torch.zeros(dims).double(), a**2 * torch.eye(dims).double())
    two = Gaussian(9, torch.full((dims,), shift).double(), b**2 * torch.eye(dims).double())
    expected = dims * (float(torch.tensor(shift)) ** 2 + (a - b) ** 2)
    assert frechet_distance(one, two) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 30), st.integers(2, 30))
def test_removing_a_part_leaves_the_statistics_of_the_rest(seed, part, rest):
    features = torch.randn(part + rest, 4, generator=torch.Generator().manual_seed(seed)).double() + 50
    remaining = remove_part(statistics(features), statistics(features[:part]))
    expected = statistics(features[part:])
    assert remaining.count == rest
    assert torch.allclose(remaining.mean, expected.mean, rtol=1e-9)
    assert torch.allclose(remaining.covariance, expected.covariance, atol=1e-8)


def test_too_large_a_part_raises_an_error():
    whole = statistics(torch.randn(9, 2))
    with pytest.raises(ValueError, match="8 of 9 leave fewer than 2"):
        remove_part(whole, statistics(torch.randn(8, 2)))
