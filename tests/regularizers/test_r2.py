from __future__ import annotations

import torch
from tests.support.context import context

from ganbench.data.base import Batch
from ganbench.regularizers import R1, R2


def test_penalty_of_a_linear_critic() -> None:
    w = torch.tensor([1.0, -2.0, 2.0])
    batch = Batch(torch.randn(4, 3))
    penalty = R2(gamma=4.0, every=3)(lambda x, y: x @ w, batch, batch, context())
    torch.testing.assert_close(penalty, torch.full((4,), 4.0 / 2 * 3 * 9.0))


def test_equals_r1_at_the_generated_samples_with_their_labels() -> None:
    scale = torch.tensor([1.0, 10.0])
    real = Batch(torch.randn(4, 3), torch.tensor([0, 0, 0, 0]))
    fake = Batch(torch.randn(4, 3), torch.tensor([0, 1, 1, 0]))

    def penalty(term: R1 | R2, first: Batch, second: Batch) -> torch.Tensor:
        return term(lambda x, y: scale[y] * x.pow(3).sum(1), first, second, context())

    torch.testing.assert_close(penalty(R2(2.0, 4), real, fake), penalty(R1(2.0, 4), fake, real))
