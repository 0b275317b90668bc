from __future__ import annotations

import pytest
import torch
from tests.support.context import context
from torch import Tensor

from ganbench.config.spec import Spec
from ganbench.data.base import Batch
from ganbench.regularizers import R1, Scheduled
from ganbench.training.schedule import Linear, Stages

REAL, FAKE = Batch(torch.ones(4, 2)), Batch(torch.zeros(4, 2))


def critic_of_slope_1(x: Tensor, y: Tensor | None) -> Tensor:
    return x[:, 0]


@pytest.mark.parametrize(("step", "weight"), [(0, 1.0), (5, 0.5), (10, 0.0)])
def test_multiplies_the_term_by_the_factor_of_the_step(step: int, weight: float) -> None:
    scheduled = Scheduled(R1(gamma=2.0), Linear(start=1.0, end=0.0))
    penalty = scheduled(critic_of_slope_1, REAL, FAKE, context(step=step, steps=10))
    torch.testing.assert_close(penalty, torch.full((4,), weight))


def test_keeps_the_name_and_interval_of_the_term() -> None:
    scheduled = Scheduled(R1(every=16), Stages((0.0, 1.0), (0.5,)))
    assert (scheduled.name, scheduled.every) == ("r1", 16)


def test_can_be_stored_in_a_recipe() -> None:
    spec = Spec(Scheduled, term=Spec(R1, gamma=3.0), factor=Spec(Linear, end=0.5))
    assert Spec.from_dict(spec.to_dict())() == Scheduled(R1(gamma=3.0), Linear(end=0.5))
