from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from ganbench.regularizers import squared_gradient_norm


@settings(deadline=None, max_examples=30)
@given(rows=st.integers(1, 5), shape=st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_norm_for_a_quadratic_critic(rows: int, shape: list[int]) -> None:
    x = torch.randn(rows, *shape)
    norms = squared_gradient_norm(lambda x, y: x.square().flatten(1).sum(1) / 2, x)
    torch.testing.assert_close(norms, x.square().flatten(1).sum(1))


def test_the_critic_receives_the_condition() -> None:
    slopes = torch.tensor([1.0, 3.0])

    def critic(x: Tensor, y: Tensor | None) -> Tensor:
        assert y is not None
        return slopes[y] * x.sum(1)

    norms = squared_gradient_norm(critic, torch.randn(2, 4), torch.tensor([1, 0]))
    assert norms.tolist() == pytest.approx([4 * 9.0, 4 * 1.0])


def test_second_order_gradient_matches_finite_differences() -> None:
    torch.manual_seed(0)
    weight = torch.randn(4, 3, requires_grad=True)
    x = torch.randn(2, 3)

    def penalty(w: Tensor) -> Tensor:
        return squared_gradient_norm(lambda x, y: (x @ w.T).tanh().sum(1), x).sum()

    (gradient,) = torch.autograd.grad(penalty(weight), weight)
    step = torch.zeros_like(weight)
    step[1, 2] = 1e-2
    slope = (penalty(weight.detach() + step) - penalty(weight.detach() - step)) / 2e-2
    torch.testing.assert_close(gradient[1, 2], slope, rtol=2e-2, atol=1e-3)


def test_stays_in_float32_under_autocast() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 1), nn.Flatten(0))
    x = torch.randn(5, 6)
    plain = squared_gradient_norm(lambda x, y: net(x), x)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = squared_gradient_norm(lambda x, y: net(x), x)
        from_half = squared_gradient_norm(lambda x, y: net(x), x.bfloat16())
    assert torch.equal(plain, mixed)
    assert from_half.dtype == torch.float32


def test_the_callers_tensor_is_not_modified() -> None:
    x = torch.randn(3, 2)
    upstream = torch.ones(1, requires_grad=True)
    fake = x * upstream  # like a generator's output: no gradient may flow back through it
    net = nn.Linear(2, 1)
    squared_gradient_norm(lambda x, y: net(x).square().squeeze(1), fake).sum().backward()
    assert upstream.grad is None
    squared_gradient_norm(lambda x, y: net(x).square().squeeze(1), x).sum().backward()
    assert not x.requires_grad
    assert x.grad is None


def test_works_under_no_grad() -> None:
    with torch.no_grad():
        norms = squared_gradient_norm(lambda x, y: 3 * x.sum(1), torch.zeros(2, 4))
    assert norms.tolist() == [36.0, 36.0]
