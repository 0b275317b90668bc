from __future__ import annotations

import pytest
import torch
from torch import nn

from ganbench.training.stochastic_layers import LayerRandomSource, find_stochastic_layers, use_random_source
from ganbench.utils.random_stream import RandomStream

BATCH_SIZE, SHARDS = 3, 2


class Noise(nn.Module):
    """Records its sources."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[LayerRandomSource | None] = []

    def draw_from(self, source: LayerRandomSource | None) -> None:
        self.sources.append(source)


def whole() -> LayerRandomSource:
    return LayerRandomSource(RandomStream("key"), BATCH_SIZE * SHARDS)


def shard(number: int) -> LayerRandomSource:
    return LayerRandomSource(RandomStream("key", shard=number, shards=SHARDS), BATCH_SIZE)


@pytest.mark.parametrize("batches", [1, 2, 3])
def test_each_of_several_joined_batches_is_sharded_separately(batches: int) -> None:
    everything = whole().uniform_like(torch.zeros(batches * BATCH_SIZE * SHARDS, 4, 2))
    sharded = [shard(i).uniform_like(torch.zeros(batches * BATCH_SIZE, 4, 2)) for i in range(SHARDS)]
    joined = torch.cat([o.reshape(batches, BATCH_SIZE, 4, 2) for o in sharded], 1).reshape(everything.shape)
    assert torch.equal(everything, joined)
    assert len(everything.unique()) == everything.numel()
    assert bool(((everything >= 0) & (everything < 1)).all())


def test_a_smaller_batch_as_of_packs_is_sharded_too() -> None:
    everything = whole().uniform_like(torch.zeros(SHARDS, 5))
    assert torch.equal(
        everything, torch.cat([shard(i).uniform_like(torch.zeros(1, 5)) for i in range(SHARDS)])
    )


def test_each_pass_gets_new_numbers() -> None:
    source, x = whole(), torch.zeros(6, 2)
    first, second = source.uniform_like(x), source.uniform_like(x)
    assert not torch.equal(first, second)
    again = whole()
    assert torch.equal(again.uniform_like(x), first)
    assert torch.equal(again.uniform_like(x), second)


def test_layers_are_found_at_any_depth_and_have_a_source_only_inside_the_block() -> None:
    deep, top = Noise(), Noise()
    networks = nn.ModuleDict({"G": nn.Sequential(nn.Linear(2, 2), nn.Sequential(deep)), "D": top})
    assert find_stochastic_layers(networks) == [deep, top]
    source = whole()

    def fail() -> None:
        with use_random_source(source, [deep, top]):
            assert deep.sources == top.sources == [source]
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert deep.sources == top.sources == [source, None]
