from __future__ import annotations

import pytest
import torch
from torch import nn

from ganbench.errors import UserError
from ganbench.regularizers import WeightClip


def test_clips_weights_and_biases_but_not_norms() -> None:
    norms = [nn.BatchNorm1d(4), nn.LayerNorm(4), nn.GroupNorm(2, 4)]
    network = nn.Sequential(nn.Linear(3, 4), *norms, nn.Linear(4, 1))
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.7)
    WeightClip(0.01)(network)
    for layer in (network[0], network[-1]):
        for parameter in layer.parameters():
            torch.testing.assert_close(parameter.detach(), torch.full_like(parameter, 0.01))
    for norm in norms:
        for parameter in norm.parameters():
            torch.testing.assert_close(parameter.detach(), torch.full_like(parameter, 0.7))


def test_small_weights_are_unchanged() -> None:
    network = nn.Linear(3, 4)
    nn.init.constant_(network.weight, -0.004)
    WeightClip(0.01)(network)
    assert bool((network.weight == -0.004).all())


@pytest.mark.parametrize("limit", [0.0, -1.0, float("inf")])
def test_an_invalid_limit_is_refused(limit: float) -> None:
    with pytest.raises(UserError, match="limit"):
        WeightClip(limit)
