from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganbench.data.sampler import Sampler
from ganbench.errors import UserError


@given(st.integers(1, 40), st.integers(1, 60), st.integers(0, 5), st.integers(1, 3))
def test_each_epoch_holds_each_item_once(size: int, batch: int, seed: int, epochs: int) -> None:
    sampler = Sampler(size, batch, seed)
    batches = -(-size * epochs // batch)
    stream = torch.cat([sampler.indices(position) for position in range(batches)])
    for epoch in range(epochs):
        assert stream[epoch * size : (epoch + 1) * size].sort().values.tolist() == list(range(size))


@given(st.integers(1, 30), st.integers(1, 40), st.lists(st.integers(0, 200), min_size=1, max_size=12))
def test_positions_can_be_read_in_any_order(size: int, batch: int, positions: list[int]) -> None:
    sampler = Sampler(size, batch, 7)
    for position in positions:
        indices = sampler.indices(position)
        assert indices.dtype == torch.int64
        assert indices.shape == (batch,)
        assert torch.equal(indices, Sampler(size, batch, 7).indices(position))
    assert len(sampler._epochs) <= Sampler.max_cached_epochs


def test_the_batch_size_does_not_change_the_stream() -> None:
    by_5, by_15 = Sampler(11, 5, 3), Sampler(11, 15, 3)
    assert torch.equal(torch.cat([by_5.indices(p) for p in range(3)]), by_15.indices(0))


def test_epochs_and_seeds_differ() -> None:
    first, second = Sampler(100, 100, 1).indices(0), Sampler(100, 100, 1).indices(1)
    assert not torch.equal(first, second)
    assert not torch.equal(first, Sampler(100, 100, 2).indices(0))


def test_writing_into_a_batch_does_not_change_the_stream() -> None:
    sampler = Sampler(10, 4, 0)
    before = sampler.indices(0).clone()
    sampler.indices(0).zero_()
    assert torch.equal(sampler.indices(0), before)


def test_invalid_arguments_are_refused() -> None:
    with pytest.raises(UserError, match="0 items"):
        Sampler(0, 4, 0)
    with pytest.raises(UserError, match="at least 1 item"):
        Sampler(4, 0, 0)
    with pytest.raises(ValueError, match="batch_index"):
        Sampler(4, 4, 0).indices(-1)
