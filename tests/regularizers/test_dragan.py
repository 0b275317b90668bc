from __future__ import annotations

import torch
from tests.support.context import context
from torch import Tensor

from ganbench.data.base import Batch
from ganbench.regularizers import Dragan


def test_penalty_of_a_linear_critic() -> None:
    real = Batch(torch.randn(4, 2))
    penalty = Dragan(weight=3.0)(lambda x, y: 3 * x[:, 0], real, real, context())
    torch.testing.assert_close(penalty, torch.full((4,), 12.0))


def test_perturbed_samples_are_within_half_a_standard_deviation() -> None:
    real, inputs = Batch(torch.randn(1000, 2) * 4), []

    def critic(x: Tensor, y: Tensor | None) -> Tensor:
        inputs.append(x.detach())
        return x.sum(1)

    Dragan()(critic, real, Batch(torch.zeros(1000, 2)), context())
    distance = (inputs[0] - real.x) / real.x.std(correction=0)
    assert float(distance.min()) >= 0
    assert 0.49 < float(distance.max()) < 0.5
