from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganbench.algorithms.packing import check_packs, pack, packed_shape
from ganbench.errors import UserError


def test_points_are_concatenated() -> None:
    x = torch.tensor([[1, 2], [3, 4], [5, 6], [7, 8]])
    assert pack(x, 2).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert pack(x, 4).tolist() == [[1, 2, 3, 4, 5, 6, 7, 8]]


def test_images_are_stacked_as_channels() -> None:
    x = torch.arange(6 * 3 * 4 * 5).reshape(6, 3, 4, 5)
    packs = pack(x, 2)
    assert packs.shape == (3, 6, 4, 5)
    for k in range(3):
        assert torch.equal(packs[k, :3], x[2 * k])
        assert torch.equal(packs[k, 3:], x[2 * k + 1])


def test_the_memory_layout_changes_nothing() -> None:
    x = torch.arange(4 * 3 * 2 * 5).reshape(4, 3, 2, 5)
    assert torch.equal(pack(x.contiguous(memory_format=torch.channels_last), 2), pack(x, 2))


def test_a_pack_of_one_is_the_sample() -> None:
    x = torch.randn(5, 2)
    assert pack(x, 1) is x
    assert packed_shape((3, 8, 8), 1) == (3, 8, 8)


@given(
    size=st.integers(1, 4),
    packs=st.integers(1, 3),
    shards=st.integers(1, 3),
    shape=st.sampled_from([(2,), (1, 3, 2), (3, 2, 2)]),
)
def test_the_packs_of_shards_are_those_of_the_whole(
    size: int, packs: int, shards: int, shape: tuple[int, ...]
) -> None:
    rows = size * packs * shards
    x = torch.arange(rows * 12).reshape(rows, 12)[:, : torch.Size(shape).numel()].reshape(rows, *shape)
    whole = pack(x, size)
    assert whole.shape == (packs * shards, *packed_shape(shape, size))
    assert torch.equal(torch.cat([pack(shard, size) for shard in x.chunk(shards)]), whole)
    assert sorted(whole.flatten().tolist()) == sorted(x.flatten().tolist())


def test_every_sample_gets_its_gradient() -> None:
    x = torch.randn(6, 2, requires_grad=True)
    (pack(x, 3) * torch.arange(12.0).reshape(2, 6)).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == torch.arange(12.0).reshape(6, 2).tolist()


def test_incomplete_packs_are_refused() -> None:
    message = re.escape("algorithm.packing=3 cannot pack the 8 samples of a microbatch")
    with pytest.raises(UserError, match=message):
        pack(torch.zeros(8, 2), 3)
    with pytest.raises(UserError, match=message):
        check_packs(8, 3)
    check_packs(9, 3)
