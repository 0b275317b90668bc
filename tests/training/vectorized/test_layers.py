"""Interleaved rows, packs, and the tensors that members share with the vectorized layer."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from ganbench.algorithms.packing import pack
from ganbench.training.vectorized.layers import VectorizedLinear, by_member, interleave
from ganbench.training.vectorized.networks import separate_packs
from ganbench.training.vectorized.stream import VectorizedStream
from ganbench.utils.random_stream import RandomStream


@given(members=st.integers(1, 4), rows=st.integers(1, 5), features=st.integers(1, 3))
def test_rows_are_interleaved_and_separated(members: int, rows: int, features: int) -> None:
    own = [torch.randn(rows, features) for _ in range(members)]
    joined = interleave(own)
    assert torch.equal(joined[members - 1], own[-1][0])  # row r belongs to member r % K
    assert torch.equal(by_member(joined, members), torch.stack(own))


@given(members=st.integers(1, 4), packs=st.integers(1, 3), size=st.integers(1, 3))
def test_packs_hold_rows_of_one_member(members: int, packs: int, size: int) -> None:
    own = [torch.randn(packs * size, 2, 3, 3) for _ in range(members)]
    separated = separate_packs(pack(interleave(own), size), size, members)
    assert torch.equal(separated, interleave([pack(x, size) for x in own]))


def test_members_share_the_weights() -> None:
    layers = [torch.nn.Linear(2, 3) for _ in range(2)]
    before = [layer.weight.clone() for layer in layers]
    joined = VectorizedLinear(layers)
    x = torch.randn(8, 2)
    for index, layer in enumerate(layers):
        torch.testing.assert_close(joined(x)[index::2], layer(x[index::2]))
        assert torch.equal(layer.weight, before[index])
    with torch.no_grad():
        joined.weight[1].fill_(5)
    assert torch.equal(layers[1].weight, torch.full((3, 2), 5.0))
    assert torch.equal(layers[0].weight, before[0])


def test_each_member_gets_its_own_numbers() -> None:
    joined = VectorizedStream([RandomStream("a", seed) for seed in range(3)])
    alone = [RandomStream("a", seed) for seed in range(3)]
    numbers = joined.normal(12, 2), joined.uniform(12, low=-1.0, high=2.0), joined.integers(12, 10)
    own = [(each.normal(4, 2), each.uniform(4, low=-1.0, high=2.0), each.integers(4, 10)) for each in alone]
    for drawn, parts in zip(numbers, zip(*own, strict=True), strict=True):
        assert torch.equal(drawn, interleave(parts))
