from __future__ import annotations

import pytest
import torch
from torch import nn

from ganbench.training.stochastic_layers import LayerDraws, drawing_from, drawing_layers
from ganbench.utils.random_stream import RandomStream

ROWS, PARTS = 3, 2


class Noise(nn.Module):
    """Notes where it is told to draw from."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[LayerDraws | None] = []

    def draw_from(self, draws: LayerDraws | None) -> None:
        self.told.append(draws)


def whole() -> LayerDraws:
    return LayerDraws(RandomStream("key"), ROWS * PARTS)


def part(number: int) -> LayerDraws:
    return LayerDraws(RandomStream("key", part=number, parts=PARTS), ROWS)


@pytest.mark.parametrize("batches", [1, 2, 3])
def test_each_of_the_joined_batches_is_cut_by_itself(batches: int) -> None:
    everything = whole().uniform_like(torch.zeros(batches * ROWS * PARTS, 4, 2))
    own = [part(i).uniform_like(torch.zeros(batches * ROWS, 4, 2)) for i in range(PARTS)]
    joined = torch.cat([o.reshape(batches, ROWS, 4, 2) for o in own], 1).reshape(everything.shape)
    assert torch.equal(everything, joined)
    assert len(everything.unique()) == everything.numel()
    assert bool(((everything >= 0) & (everything < 1)).all())


def test_fewer_rows_as_of_packs_are_cut_too() -> None:
    everything = whole().uniform_like(torch.zeros(PARTS, 5))
    assert torch.equal(everything, torch.cat([part(i).uniform_like(torch.zeros(1, 5)) for i in range(PARTS)]))


def test_passes_draw_one_after_the_other() -> None:
    draws, x = whole(), torch.zeros(6, 2)
    first, second = draws.uniform_like(x), draws.uniform_like(x)
    assert not torch.equal(first, second)
    again = whole()
    assert torch.equal(again.uniform_like(x), first)
    assert torch.equal(again.uniform_like(x), second)


def test_layers_are_found_at_any_depth_and_told_only_inside_the_block() -> None:
    deep, top = Noise(), Noise()
    networks = nn.ModuleDict({"G": nn.Sequential(nn.Linear(2, 2), nn.Sequential(deep)), "D": top})
    assert drawing_layers(networks) == [deep, top]
    draws = whole()

    def fail() -> None:
        with drawing_from(draws, [deep, top]):
            assert deep.told == top.told == [draws]
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert deep.told == top.told == [draws, None]
