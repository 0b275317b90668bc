from __future__ import annotations

import pytest
import torch
from torch import nn

from ganbench.algorithms import Algorithm
from ganbench.algorithms.base import GenerativeAlgorithm
from ganbench.errors import UserError


def test_the_base_class_samples_from_g_and_accepts_any_shape_and_batch_size() -> None:
    algorithm, nets, latent = GenerativeAlgorithm(), nn.ModuleDict({"G": nn.Linear(3, 2)}), torch.ones(4, 3)
    assert torch.equal(algorithm.sample(nets, latent), nets["G"](latent))
    with pytest.raises(UserError, match="trained without classes"):
        algorithm.sample(nets, latent, torch.zeros(4))
    assert algorithm.shape_of("D", (3, 8, 8)) == (3, 8, 8)
    algorithm.check_batch_size(7)
    with pytest.raises(NotImplementedError):
        Algorithm().phases()
