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
def test_of_a_linear_critic_is_its_distance_from_slope_one(steepness: float, expected: float) -> None:
    slope = steepness * torch.tensor([1.0, 2.0, 2.0]) / 3
    penalty = GradientPenalty(weight=10.0)(lambda x, y: x @ slope, REAL, FAKE, context())
    torch.testing.assert_close(penalty, torch.full((4,), expected))


def test_each_sample_has_its_own_point_between_real_and_fake() -> None:
    seen: list[Tensor] = []

    def critic(x: Tensor, y: Tensor | None) -> Tensor:
        seen.append(x.detach())
        return x.square().sum(1)

    GradientPenalty()(critic, REAL, FAKE, context())
    share = (seen[0] - FAKE.x) / (REAL.x - FAKE.x)
    torch.testing.assert_close(share, share[:, :1].expand(4, 3))
    assert len(share[:, 0].unique()) == 4
    assert bool(((share >= 0) & (share < 1)).all())


def test_a_flat_critic_gives_a_finite_gradient() -> None:
    weight = torch.zeros(3, requires_grad=True)
    GradientPenalty()(lambda x, y: x @ weight, REAL, FAKE, context()).sum().backward()
    assert weight.grad is not None
    assert bool(weight.grad.isfinite().all())


@pytest.mark.parametrize("wrong", [{"weight": -1.0}, {"slope": float("nan")}, {"every": 0}])
def test_wrong_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UserError, match=next(iter(wrong))):
        GradientPenalty(**wrong)  # type: ignore[arg-type]
