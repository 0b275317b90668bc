"""Running mean and covariance against numpy, for any batches in any order."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganbench.metrics.features.gaussian import Gaussian, RunningGaussian


def _rows(seed: int, count: int, dims: int, offset: float = 0.0, scale: float = 1.0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.normal(size=(count, dims)) @ generator.normal(size=(dims, dims)) * scale + offset


def _running(batchs: list[np.ndarray], dims: int) -> RunningGaussian:
    running = RunningGaussian(dims)
    for batch in batchs:
        running.add(torch.from_numpy(batch))
    return running


def _assert_close(gaussian: Gaussian, rows: np.ndarray, tolerance: float = 1e-9) -> None:
    expected = np.cov(rows, rowvar=False, ddof=1).reshape(rows.shape[1], rows.shape[1])
    scale = max(1e-300, float(np.abs(expected).max()))
    assert gaussian.count == len(rows)
    np.testing.assert_allclose(
        gaussian.mean.numpy(), rows.mean(0), rtol=1e-12, atol=1e-12 * max(1.0, float(np.abs(rows).max()))
    )
    np.testing.assert_allclose(gaussian.covariance.numpy(), expected, rtol=0, atol=tolerance * scale)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(2, 60),
    st.integers(1, 6),
    st.lists(st.integers(0, 60), max_size=6),
    st.data(),
)
def test_any_batchs_in_any_order_give_numpys_mean_and_covariance(seed, count, dims, cuts, data):
    rows = _rows(seed, count, dims, offset=3.0)
    batchs = np.split(rows, sorted(min(cut, count) for cut in cuts))
    order = data.draw(st.permutations(range(len(batchs))))
    _assert_close(_running([batchs[i] for i in order], dims).gaussian(), rows)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 40), st.integers(0, 40), st.integers(1, 5))
def test_merging_equals_one_pass(seed, count, cut, dims):
    rows = _rows(seed, count, dims)
    left, right = _running([rows[:cut]], dims), _running([rows[cut:]], dims)
    left.merge(right)
    _assert_close(left.gaussian(), rows)


def test_merging_with_itself_counts_everything_twice():
    rows = _rows(0, 9, 3)
    running = _running([rows], 3)
    running.merge(running)
    _assert_close(running.gaussian(), np.concatenate([rows, rows]))


@pytest.mark.parametrize("offset", [1e6, -1e8])
def test_a_mean_far_from_zero_costs_no_precision(offset):
    rows = _rows(1, 1000, 4, scale=1e-1)
    shifted = np.float64(offset) + rows
    exact = shifted - np.float64(offset)  # the rows after the rounding of the addition
    gaussian = _running(np.array_split(shifted, 13), 4).gaussian()
    np.testing.assert_allclose(gaussian.mean.numpy() - offset, exact.mean(0), atol=4e-16 * abs(offset))
    np.testing.assert_allclose(gaussian.covariance.numpy(), np.cov(exact, rowvar=False), rtol=1e-5)


def test_float32_features_are_summed_in_float64():
    rows = _rows(2, 5000, 3, offset=100.0).astype(np.float32)
    gaussian = _running(np.array_split(rows, 7), 3).gaussian()
    assert gaussian.covariance.dtype == torch.float64
    _assert_close(gaussian, rows.astype(np.float64))


def test_the_covariance_is_exactly_symmetric():
    covariance = _running(np.array_split(_rows(3, 100, 20), 3), 20).gaussian().covariance
    assert torch.equal(covariance, covariance.T)


def test_the_result_does_not_change_when_more_is_added():
    running = _running([_rows(4, 10, 2)], 2)
    before = running.gaussian()
    mean = before.mean.clone()
    running.add(torch.full((5, 2), 1e3))
    assert torch.equal(before.mean, mean)


def test_wrong_shapes_and_too_few_rows_raise_errors():
    running = RunningGaussian(3)
    with pytest.raises(ValueError, match=r"must be \[B, 3\], not \[4, 2\]"):
        running.add(torch.zeros(4, 2))
    with pytest.raises(ValueError, match="statistics of 2 dimensions into 3"):
        running.merge(RunningGaussian(2))
    running.add(torch.zeros(1, 3))
    with pytest.raises(ValueError, match="at least 2 feature vectors, not 1"):
        running.gaussian()
