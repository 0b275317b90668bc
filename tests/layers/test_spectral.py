from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils import parametrize

from ganbench.layers import apply_spectral_norm


def test_normalises_every_kind_of_weight_and_nothing_else() -> None:
    kinds = [
        nn.Linear(4, 5),
        nn.Conv1d(4, 5, 3),
        nn.Conv2d(4, 5, 3),
        nn.Conv3d(4, 5, 3),
        nn.ConvTranspose1d(4, 5, 3),
        nn.ConvTranspose2d(4, 5, 3),
        nn.ConvTranspose3d(4, 5, 3),
        nn.Embedding(6, 3),
    ]
    network = nn.Sequential(nn.Sequential(*kinds), nn.BatchNorm2d(4))
    assert apply_spectral_norm(network) is network
    assert all(parametrize.is_parametrized(layer, "weight") for layer in kinds)
    assert not parametrize.is_parametrized(network[1])


def test_a_matrix_gets_spectral_norm_1() -> None:
    torch.manual_seed(0)
    layer = apply_spectral_norm(nn.Linear(12, 9))
    for _ in range(100):
        layer(torch.zeros(1, 12))
    assert abs(torch.linalg.matrix_norm(layer.weight, 2).item() - 1) < 1e-3


def test_applying_it_twice_is_the_same_as_once() -> None:
    layer = apply_spectral_norm(apply_spectral_norm(nn.Linear(3, 3)))
    assert len(layer.parametrizations.weight) == 1
