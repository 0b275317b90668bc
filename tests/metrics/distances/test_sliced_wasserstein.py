"""The sliced Wasserstein distance: closed forms, unequal counts, order of batches."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.stand_ins import MemoryDataset

from ganbench.errors import UserError
from ganbench.metrics.distances.sliced_wasserstein import (
    ProjectionCollector,
    SlicedWasserstein,
    sliced_wasserstein,
    wasserstein_2,
)
from ganbench.metrics.measure import measure


@given(st.floats(-9, 9), st.floats(0.1, 5))
def test_shift_and_scale(shift, scale):
    a = torch.linspace(-1, 1, 101, dtype=torch.float64)[:, None]
    distance = wasserstein_2(a, scale * a + shift)
    expected = shift**2 + (scale - 1) ** 2 * a.square().mean()
    assert float(distance) == pytest.approx(float(expected), rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 6))
def test_unequal_counts_equal_repeated_rows(seed, n, m):
    generator = torch.Generator().manual_seed(seed)
    a, b = (torch.randn(k, 3, generator=generator) for k in (n, m))
    repeated = wasserstein_2(a.repeat(m, 1), b.repeat(n, 1))
    assert torch.allclose(wasserstein_2(a, b), repeated, rtol=1e-9)
    assert torch.allclose(wasserstein_2(b, a), repeated, rtol=1e-9)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_the_order_and_size_of_batches_do_not_matter(seed, cuts):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (sum(cuts), 1, 4, 4), dtype=torch.uint8, generator=generator)
    whole = ProjectionCollector((1, 4, 4), 5, seed=0)
    whole.add(images)
    merged = ProjectionCollector((1, 4, 4), 5, seed=0)
    for part in reversed(images.split(cuts)):
        other = ProjectionCollector((1, 4, 4), 5, seed=0)
        other.add(part)
        merged.merge(other)
    assert sliced_wasserstein(merged.projections(), whole.projections()) < 1e-4


def test_the_score_is_in_grey_levels_and_has_a_noise_floor(random_images):
    dark = random_images(400) // 2
    reference = MemoryDataset(dark)
    same = measure((SlicedWasserstein(),), [dark], reference)[0]
    assert same.value == pytest.approx(0, abs=1e-4)
    lighter = measure((SlicedWasserstein(),), (dark + 20).split(30), reference)[0]
    assert lighter.value == pytest.approx(20, rel=0.1)
    assert 0 < lighter.details["real_against_real"] < 10
    assert lighter.details["real_against_real_samples"] == 200
    assert (lighter.measured["directions"], lighter.measured["samples"]) == (512, 400)
    assert lighter.differences(same) == ()


def test_invalid_arguments_raise_errors(random_images):
    with pytest.raises(UserError, match="needs a reference of at least 100 items, and 'held' has 99"):
        measure((SlicedWasserstein(),), [random_images(100)], MemoryDataset(random_images(99)))[0]
    with pytest.raises(ValueError, match=r"not \[2, 3\] and \[2, 4\]"):
        wasserstein_2(torch.zeros(2, 3), torch.zeros(2, 4))
    with pytest.raises(ValueError, match="finite"):
        wasserstein_2(torch.zeros(2, 3), torch.full((2, 3), torch.inf))
