from __future__ import annotations

import math

import pytest
import torch

from ganbench.losses import Minimax, NonSaturating


def test_loss_values_at_score_zero() -> None:
    zero = torch.zeros(1)
    assert Minimax().discriminator(zero, zero).item() == pytest.approx(2 * math.log(2))
    assert Minimax().generator(None, zero).item() == pytest.approx(-math.log(2))


def test_equals_the_value_function_of_probabilities() -> None:
    real, fake = (
        torch.linspace(-6, 6, 25, dtype=torch.float64),
        torch.linspace(5, -7, 25, dtype=torch.float64),
    )
    value = real.sigmoid().log() + (1 - fake.sigmoid()).log()
    torch.testing.assert_close(Minimax().discriminator(real, fake), -value)
    torch.testing.assert_close(Minimax().generator(None, fake), (1 - fake.sigmoid()).log())


def test_saturates_where_the_non_saturating_loss_does_not() -> None:
    fake = torch.tensor([-15.0], requires_grad=True)  # D is sure
    (weak,) = torch.autograd.grad(Minimax().generator(None, fake).sum(), fake)
    (strong,) = torch.autograd.grad(NonSaturating().generator(None, fake).sum(), fake)
    assert abs(weak.item()) < 1e-6
    assert strong.item() == pytest.approx(-1, abs=1e-6)
