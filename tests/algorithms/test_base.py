from __future__ import annotations

import pytest
import torch
from torch import nn

from ganbench.algorithms import Algorithm
from ganbench.errors import UserError


def test_an_algorithm_that_says_nothing_samples_from_g_and_leaves_shapes_and_rows_alone() -> None:
    algorithm, made, latent = Algorithm(), nn.ModuleDict({"G": nn.Linear(3, 2)}), torch.ones(4, 3)
    assert torch.equal(algorithm.sample(made, latent), made["G"](latent))
    with pytest.raises(UserError, match="trained without classes"):
        algorithm.sample(made, latent, torch.zeros(4))
    assert algorithm.shape_of("D", (3, 8, 8)) == (3, 8, 8)
    algorithm.check_rows(7)
    with pytest.raises(NotImplementedError):
        algorithm.phases()
