"""Gaussian noise: its size, when it is there, and that the update decides it."""

from __future__ import annotations

import pytest
import torch

from ganbench.errors import UserError
from ganbench.layers import GaussianNoise
from ganbench.training.stochastic_layers import DrawingLayer, LayerDraws, drawing_from
from ganbench.utils.random_stream import RandomStream


def test_it_adds_normal_numbers_in_training_only() -> None:
    torch.manual_seed(0)
    layer, x = GaussianNoise(0.5), torch.ones(2000, 10)
    added = layer(x) - x
    assert abs(float(added.std()) - 0.5) < 0.01
    assert abs(float(added.mean())) < 0.01
    assert layer.eval()(x) is x
    assert GaussianNoise(0.0)(x) is x


def test_an_updates_numbers_depend_on_its_key_and_not_on_how_the_batch_is_cut() -> None:
    layer = GaussianNoise(1.0)
    assert isinstance(layer, DrawingLayer)

    def noise(rows: int, part: int = 0, parts: int = 1) -> torch.Tensor:
        with drawing_from(LayerDraws(RandomStream("key", part=part, parts=parts), rows), [layer]):
            return layer(torch.zeros(2 * rows, 3))  # real and fake in one pass

    whole = noise(4)
    assert torch.equal(whole, noise(4))
    halves = [noise(2, part, 2) for part in range(2)]
    assert torch.equal(whole[:4], torch.cat([h[:2] for h in halves]))
    assert torch.equal(whole[4:], torch.cat([h[2:] for h in halves]))


def test_a_negative_deviation_is_refused() -> None:
    with pytest.raises(UserError, match="at least 0, but is -1"):
        GaussianNoise(-1.0)
