"""The kernel distance against its definition and torch-fidelity; it is unbiased."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.stand_ins import MemoryDataset, Projection

from ganbench.errors import UserError
from ganbench.metrics.distances.kernel import KernelDistance, kernel_distance
from ganbench.metrics.measure import measure


def _sets(seed: int, sizes: tuple[int, int] = (300, 250), dims: int = 32, shift: float = 0.5):
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(dims, dims, generator=generator) / dims**0.5
    a, b = (torch.randn(n, dims, generator=generator) @ mix for n in sizes)
    return a + shift, b


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(2, 9), st.integers(2, 9), st.integers(1, 5))
def test_it_equals_its_definition_as_a_sum_over_pairs(seed, n, m, dims):
    a, b = _sets(seed, (n, m), dims)
    kernel = lambda x, y: (float(x.double() @ y.double()) / dims + 1) ** 3  # noqa: E731
    within = [
        sum(kernel(x[i], x[j]) for i in range(len(x)) for j in range(len(x)) if i != j)
        / (len(x) * (len(x) - 1))
        for x in (a, b)
    ]
    across = sum(kernel(x, y) for x in a for y in b) / (n * m)
    assert kernel_distance(a, b) == pytest.approx(within[0] + within[1] - 2 * across, rel=1e-4, abs=1e-4)


def test_the_mean_distance_of_equal_distributions_is_0():
    near = [kernel_distance(*_sets(seed, shift=0)) for seed in range(40)]
    error = np.std(near) / 40**0.5
    assert abs(np.mean(near)) < 3 * error
    assert min(near) < 0
    assert kernel_distance(*_sets(0)) > 10 * np.std(near)


@pytest.mark.parametrize("seed", range(5))
def test_torch_fidelity_agrees_on_the_same_subsets(seed):
    oracle = pytest.importorskip("torch_fidelity.metric_kid")
    a, b = _sets(seed)
    theirs = oracle.kid_features_to_metric(a, b, kid_subsets=20, kid_subset_size=100, verbose=False)
    metric = KernelDistance(OnePixel(a.shape[1]), subset_count=20, subset_size=100)
    real = MemoryDataset(torch.zeros(len(b), 1, 1, 1, dtype=torch.uint8))
    measurement = metric.begin(real)
    measurement._real = b
    measurement._collector._batches = [a]
    score = measurement.score()
    assert score.value == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-4)
    spread = theirs["kernel_inception_distance_std"]
    assert score.details["spread_over_subsets"] == pytest.approx(spread, rel=1e-3)
    low, high = score.details["interval_95"]
    assert low < score.value < high


class OnePixel(Projection):
    """An extractor with a chosen number of dimensions, for images of one pixel."""

    def __init__(self, dims: int) -> None:
        super().__init__((1, 1, 1), dims)


def test_the_record_and_smaller_subsets_of_fewer_samples(random_images):
    reference = MemoryDataset(random_images(150))
    score = measure(
        (KernelDistance(Projection(), subset_count=7),), random_images(120, seed=1).split(50), reference
    )[0]
    assert score.name == "kd[projection@8]"
    assert (score.measured["subsets"], score.measured["subset_size"], score.measured["seed"]) == (
        7,
        120,
        2020,
    )
    assert score.measured["reference"]["items"] == 150
    assert (
        score
        == measure((KernelDistance(Projection(), subset_count=7),), [random_images(120, seed=1)], reference)[
            0
        ]
    )


def test_invalid_arguments_raise_errors(random_images):
    with pytest.raises(UserError, match="at least 1 subset of at least 2, not 1 of 1"):
        KernelDistance(Projection(), subset_count=1, subset_size=1)
    with pytest.raises(UserError, match="needs at least 100 samples, not 99"):
        measure((KernelDistance(Projection()),), [random_images(99)], MemoryDataset(random_images(150)))[0]
    with pytest.raises(ValueError, match=r"not \[1, 3\] and \[4, 3\]"):
        kernel_distance(torch.zeros(1, 3), torch.zeros(4, 3))
