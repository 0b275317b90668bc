"""Nearest neighbours by blocks against all distances at once."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganbench.metrics.features import nearest as module
from ganbench.metrics.features.nearest import NearestNeighbours, find_nearest


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 30), st.integers(1, 5), st.integers(1, 9))
def test_blocks_equal_all_distances_at_once(seed, queries, rows, k, block):
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.randn(queries, 4, generator=generator), torch.randn(rows, 4, generator=generator)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_SIZE", 7)
        neighbours = find_nearest(a, b.split(block), k)
    expected = torch.cdist(a.double(), b.double()).sort(1)
    count = min(k, rows)
    assert torch.equal(neighbours.indices[:, :count], expected.indices[:, :count])
    torch.testing.assert_close(
        neighbours.distances[:, :count].double(), expected.values[:, :count], atol=1e-4, rtol=1e-4
    )
    assert bool((neighbours.indices[:, count:] == -1).all() and neighbours.distances[:, count:].isinf().all())


def test_a_copy_has_distance_0_far_from_the_origin():
    rows = 1000 + torch.rand(50, 300, generator=torch.Generator().manual_seed(0))
    neighbours = find_nearest(rows[7:9], [rows])
    assert neighbours.indices.flatten().tolist() == [7, 8]
    assert neighbours.distances.flatten().tolist() == [0, 0]


def test_values_that_are_not_finite_raise_an_error():
    with pytest.raises(ValueError, match="not finite"):
        NearestNeighbours(torch.zeros(2, 3)).add(torch.full((1, 3), torch.nan))
