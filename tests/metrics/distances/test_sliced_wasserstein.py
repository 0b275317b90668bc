"""The sliced Wasserstein distance: closed forms, unequal counts, order of chunks."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.stand_ins import Held

from ganbench.errors import UserError
from ganbench.metrics.distances.sliced_wasserstein import (
    Projected,
    SlicedWasserstein,
    sliced_distance,
    wasserstein_2,
)
from ganbench.metrics.measure import measure


@given(st.floats(-9, 9), st.floats(0.1, 5))
def test_a_shift_and_a_stretch(shift, stretch):
    a = torch.linspace(-1, 1, 101, dtype=torch.float64)[:, None]
    found = wasserstein_2(a, stretch * a + shift)
    expected = shift**2 + (stretch - 1) ** 2 * a.square().mean()
    assert float(found) == pytest.approx(float(expected), rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 6))
def test_unequal_counts_are_as_if_each_were_repeated(seed, n, m):
    generator = torch.Generator().manual_seed(seed)
    a, b = (torch.randn(k, 3, generator=generator) for k in (n, m))
    repeated = wasserstein_2(a.repeat(m, 1), b.repeat(n, 1))
    assert torch.allclose(wasserstein_2(a, b), repeated, rtol=1e-9)
    assert torch.allclose(wasserstein_2(b, a), repeated, rtol=1e-9)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_the_order_and_the_size_of_chunks_do_not_matter(seed, cuts):
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.randint(0, 256, (sum(cuts), 1, 4, 4), dtype=torch.uint8, generator=generator)
    whole = Projected((1, 4, 4), 5, seed=0)
    whole.add(pictures)
    merged = Projected((1, 4, 4), 5, seed=0)
    for part in reversed(pictures.split(cuts)):
        other = Projected((1, 4, 4), 5, seed=0)
        other.add(part)
        merged.merge(other)
    assert sliced_distance(merged.numbers(), whole.numbers()) < 1e-4


def test_the_score_is_in_grey_levels_and_real_halves_stand_beside_it(pictures):
    dark = pictures(400) // 2
    reference = Held(dark)
    same = measure((SlicedWasserstein(),), [dark], reference)[0]
    assert same.value == pytest.approx(0, abs=1e-4)
    lighter = measure((SlicedWasserstein(),), (dark + 20).split(30), reference)[0]
    assert lighter.value == pytest.approx(20, rel=0.1)
    assert 0 < lighter.details["real_against_real"] < 10
    assert lighter.details["real_against_real_samples"] == 200
    assert (lighter.measured["directions"], lighter.measured["samples"]) == (512, 400)
    assert lighter.differences(same) == ()


def test_what_cannot_be_is_refused(pictures):
    with pytest.raises(UserError, match="needs a reference of at least 100 items, and 'held' has 99"):
        measure((SlicedWasserstein(),), [pictures(100)], Held(pictures(99)))[0]
    with pytest.raises(ValueError, match=r"not \[2, 3\] and \[2, 4\]"):
        wasserstein_2(torch.zeros(2, 3), torch.zeros(2, 4))
    with pytest.raises(ValueError, match="finite"):
        wasserstein_2(torch.zeros(2, 3), torch.full((2, 3), torch.inf))
