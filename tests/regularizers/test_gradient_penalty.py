from __future__ import annotations

import pytest
import torch
from tests.support.context import context
from torch import Tensor

from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.regularizers import GradientPenalty

REAL, FAKE = Batch(torch.full((4, 3), 2.0)), Batch(torch.full((4, 3), -1.0))


@pytest.mark.parametrize(("steepness", "expected"), [(0.0, 10.0), (1.0, 0.0), (3.0, 40.0)])
def test_penalty_of_a_linear_critic(steepness: float, expected: float) -> None:
    slope = steepness * torch.tensor([1.0, 2.0, 2.0]) / 3
    penalty = GradientPenalty(weight=10.0)(lambda x, y: x @ slope, REAL, FAKE, context())
    torch.testing.assert_close(penalty, torch.full((4,), expected))


def test_with_sigmoid_the_slope_is_that_of_the_probability() -> None:
    penalty = GradientPenalty(weight=10.0, slope=0.25, sigmoid=True)
    steep = torch.tensor([1.0, 0.0, 0.0])
    at_one_half = penalty(lambda x, y: x @ steep - (x @ steep).detach(), REAL, FAKE, context())
    torch.testing.assert_close(at_one_half, torch.zeros(4))  # the sigmoid's slope at 0 is 1/4
    saturated = penalty(lambda x, y: x @ steep + 50, REAL, FAKE, context())
    torch.testing.assert_close(saturated, torch.full((4,), 10 * 0.25**2))


def test_each_sample_has_its_own_interpolation_weight() -> None:
    inputs: list[Tensor] = []

    def critic(x: Tensor, y: Tensor | None) -> Tensor:
        inputs.append(x.detach())
        return x.square().sum(1)

    GradientPenalty()(critic, REAL, FAKE, context())
    e = (inputs[0] - FAKE.x) / (REAL.x - FAKE.x)
    torch.testing.assert_close(e, e[:, :1].expand(4, 3))
    assert len(e[:, 0].unique()) == 4
    assert bool(((e >= 0) & (e < 1)).all())


def test_a_flat_critic_gives_a_finite_gradient() -> None:
    weight = torch.zeros(3, requires_grad=True)
    GradientPenalty()(lambda x, y: x @ weight, REAL, FAKE, context()).sum().backward()
    assert weight.grad is not None
    assert bool(weight.grad.isfinite().all())


@pytest.mark.parametrize("arguments", [{"weight": -1.0}, {"slope": float("nan")}, {"every": 0}])
def test_invalid_arguments_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(UserError, match=next(iter(arguments))):
        GradientPenalty(**arguments)  # type: ignore[arg-type]
