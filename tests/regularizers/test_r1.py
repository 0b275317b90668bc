from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.context import context

from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.regularizers import R1


@settings(deadline=None, max_examples=50)
@given(
    weights=st.lists(st.floats(-3, 3), min_size=1, max_size=5),
    gamma=st.floats(0, 100),
    every=st.integers(1, 32),
    rows=st.integers(1, 4),
)
def test_penalty_of_a_linear_critic(weights: list[float], gamma: float, every: int, rows: int) -> None:
    w = torch.tensor(weights)
    real, fake = Batch(torch.randn(rows, len(w))), Batch(torch.randn(rows, len(w)))
    penalty = R1(gamma, every)(lambda x, y: x @ w, real, fake, context(0))
    torch.testing.assert_close(penalty, torch.full((rows,), gamma / 2 * every * w.square().sum().item()))


def test_gradient_for_a_linear_critic() -> None:
    w = torch.tensor([1.0, -2.0], requires_grad=True)
    R1(gamma=6.0)(
        lambda x, y: x @ w, Batch(torch.randn(3, 2)), Batch(torch.zeros(3, 2)), context(0)
    ).mean().backward()
    assert w.grad is not None
    assert w.grad.tolist() == pytest.approx([6.0, -12.0])


def test_only_real_samples_and_their_labels_are_used() -> None:
    real = Batch(torch.tensor([[1.0], [2.0]]), torch.tensor([1, 0]))
    unused = Batch(torch.full((2, 1), math.nan), torch.tensor([9, 9]))
    scale = torch.tensor([1.0, 10.0])
    penalty = R1(gamma=2.0)(lambda x, y: scale[y] * x.square().sum(1), real, unused, context(0))
    assert penalty.tolist() == pytest.approx([(10 * 2 * 1.0) ** 2, (2 * 2.0) ** 2])


@pytest.mark.parametrize("gamma", [-1.0, math.inf, math.nan])
def test_an_invalid_gamma_is_refused(gamma: float) -> None:
    with pytest.raises(UserError, match="gamma must be a finite number"):
        R1(gamma)
