"""The U-Net: how deep it goes, what passes its bottleneck, and where dropout acts."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganbench.errors import UserError
from ganbench.layers.stochastic import Dropout
from ganbench.networks import UNetGenerator


@pytest.mark.parametrize(
    ("shape", "levels", "dropped"),
    [
        ((3, 32, 32), 5, [2, 3, 4]),
        ((1, 28, 28), 2, []),
        ((1, 16, 24), 3, [2]),
        ((1, 256, 256), 8, [5, 6, 7]),
        ((1, 512, 512), 8, [5, 6, 7]),
    ],
)
def test_sides_are_halved_as_long_as_they_are_even(
    shape: tuple[int, int, int], levels: int, dropped: list[int]
) -> None:
    network = UNetGenerator(shape=shape, width=1)
    assert len(network.down) == len(network.up) == levels
    drops = [any(isinstance(m, Dropout) for m in level.modules()) for level in network.up]
    assert [level for level, has_dropout in enumerate(drops) if has_dropout] == dropped


def test_maps_pass_the_bottleneck_by() -> None:
    torch.manual_seed(0)
    network, x = UNetGenerator(shape=(1, 16, 16), width=4, norm="none").eval(), torch.rand(2, 1, 16, 16)
    before = network(x)
    for parameter in network.down[-1].parameters():
        nn.init.zeros_(parameter)
    assert network(x).std() > 0
    assert not torch.equal(network(x), before), "the bottleneck counts, too"
    for level in network.up[1:]:
        for parameter in level.parameters():
            nn.init.zeros_(parameter)
    assert not torch.equal(network(x)[0], network(x)[1]), "the first map reaches the last layer directly"


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UserError, match="multiples of 4"):
        UNetGenerator(shape=(3, 30, 32))
    with pytest.raises(UserError, match="width must be at least 1"):
        UNetGenerator(shape=(3, 32, 32), width=0)
