from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganbench.data.keyed_sampler import BLOCKS_MIXED, KeyedSampler
from ganbench.errors import UserError


@given(st.integers(1, 70), st.integers(1, 90), st.none() | st.integers(1, 30), st.integers(0, 5))
def test_each_epoch_has_every_item_once(size: int, batch: int, block: int | None, seed: int) -> None:
    sampler = KeyedSampler(size, batch, seed, block)
    batches = -(-3 * size // batch)
    stream = torch.cat([sampler.indices(i) for i in range(batches)])[: 3 * size].reshape(3, size)
    assert torch.equal(stream.sort(1).values, torch.arange(size).expand(3, size))


@given(st.integers(0, 10**7), st.none() | st.integers(1, 10_000))
def test_a_batch_depends_on_its_index_only(batch_index: int, block: int | None) -> None:
    size = 1_000_003
    used, fresh = (KeyedSampler(size, 64, 1, block) for _ in range(2))
    used.indices(0)
    expected = used.indices(batch_index)
    assert torch.equal(expected, fresh.indices(batch_index))
    halves = KeyedSampler(size, 32, 1, block)
    assert torch.equal(
        expected, torch.cat([halves.indices(2 * batch_index), halves.indices(2 * batch_index + 1)])
    )


def test_epochs_seeds_and_blocks_change_the_order() -> None:
    orders = [
        KeyedSampler(1000, 1000, 0).indices(0),
        KeyedSampler(1000, 1000, 0).indices(1),
        KeyedSampler(1000, 1000, 1).indices(0),
        KeyedSampler(1000, 1000, 0, 50).indices(0),
    ]
    for i, one in enumerate(orders):
        assert not torch.equal(one, torch.arange(1000))
        assert all((one == other).float().mean() < 0.05 for other in orders[:i])


def test_a_block_bounds_how_many_places_a_batch_reads_from() -> None:
    blocked, full = (KeyedSampler(100_000, 64, 0, block) for block in (100, None))
    places = [len(np.unique(s.indices(5).numpy() // 100)) for s in (blocked, full)]
    assert places[0] <= BLOCKS_MIXED
    assert places[1] > 50


def test_the_block_that_is_not_full_has_another_place_in_each_epoch() -> None:
    sampler = KeyedSampler(1050, 1050, 0, 100)
    places = [int((sampler.indices(epoch) >= 1000).nonzero().float().mean() // 100) for epoch in range(8)]
    assert len(set(places)) > 2


def test_a_block_below_one_is_refused() -> None:
    with pytest.raises(UserError, match="at least 1 item, not 0"):
        KeyedSampler(10, 2, 0, 0)
