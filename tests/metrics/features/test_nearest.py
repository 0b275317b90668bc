"""The nearest rows of a large set, block by block, against all distances at once."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganbench.metrics.features import nearest as module
from ganbench.metrics.features.nearest import Nearest, nearest


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 30), st.integers(1, 5), st.integers(1, 9))
def test_blocks_find_what_all_distances_at_once_find(seed, queries, rows, k, block):
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.randn(queries, 4, generator=generator), torch.randn(rows, 4, generator=generator)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", 7)
        found = nearest(a, b.split(block), k)
    expected = torch.cdist(a.double(), b.double()).sort(1)
    known = min(k, rows)
    assert torch.equal(found.places[:, :known], expected.indices[:, :known])
    torch.testing.assert_close(
        found.distances[:, :known].double(), expected.values[:, :known], atol=1e-4, rtol=1e-4
    )
    assert bool((found.places[:, known:] == -1).all() and found.distances[:, known:].isinf().all())


def test_a_copy_is_at_distance_0_far_from_the_origin():
    rows = 1000 + torch.rand(50, 300, generator=torch.Generator().manual_seed(0))
    found = nearest(rows[7:9], [rows])
    assert found.places.flatten().tolist() == [7, 8]
    assert found.distances.flatten().tolist() == [0, 0]


def test_numbers_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        Nearest(torch.zeros(2, 3)).add(torch.full((1, 3), torch.nan))
