"""Gaussian noise: its size, that it is off in evaluation, and that it depends only on the update's key."""

from __future__ import annotations

import pytest
import torch

from ganbench.errors import UserError
from ganbench.layers import GaussianNoise
from ganbench.training.stochastic_layers import LayerRandomSource, StochasticLayer, use_random_source
from ganbench.utils.random_stream import RandomStream


def test_adds_normal_noise_in_training_only() -> None:
    torch.manual_seed(0)
    layer, x = GaussianNoise(0.5), torch.ones(2000, 10)
    added = layer(x) - x
    assert abs(float(added.std()) - 0.5) < 0.01
    assert abs(float(added.mean())) < 0.01
    assert layer.eval()(x) is x
    assert GaussianNoise(0.0)(x) is x


def test_noise_depends_on_the_key_and_not_on_how_the_batch_is_split() -> None:
    layer = GaussianNoise(1.0)
    assert isinstance(layer, StochasticLayer)

    def noise(rows: int, shard: int = 0, shards: int = 1) -> torch.Tensor:
        with use_random_source(
            LayerRandomSource(RandomStream("key", shard=shard, shards=shards), rows), [layer]
        ):
            return layer(torch.zeros(2 * rows, 3))  # real and fake in one pass

    whole = noise(4)
    assert torch.equal(whole, noise(4))
    halves = [noise(2, shard, 2) for shard in range(2)]
    assert torch.equal(whole[:4], torch.cat([h[:2] for h in halves]))
    assert torch.equal(whole[4:], torch.cat([h[2:] for h in halves]))


def test_refuses_a_negative_standard_deviation() -> None:
    with pytest.raises(UserError, match="at least 0, but is -1"):
        GaussianNoise(-1.0)
