"""Only the fakes with the highest scores count, and the mean is that of their losses."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.support.context import context
from torch import nn

from ganbench.algorithms import Adversarial
from ganbench.algorithms.top_k import keep_highest
from ganbench.errors import UserError
from ganbench.latents import Gaussian
from ganbench.losses import Wasserstein
from ganbench.training.schedule import Linear


@given(scores=st.lists(st.integers(-50, 50), min_size=1, max_size=20, unique=True), share=st.floats(0.01, 1))
def test_the_mean_is_that_of_the_highest(scores: list[int], share: float) -> None:
    values = torch.tensor(scores, dtype=torch.float32)
    count = max(1, round(share * len(scores)))
    expected = sum(sorted(scores)[-count:]) / count
    assert float(keep_highest(values, values, share).mean()) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5, float("nan")])
def test_shares_out_of_range_are_refused(share: float) -> None:
    with pytest.raises(
        UserError, match=f"algorithm.top_k must be a share above 0 and at most 1, not {share:g}"
    ):
        keep_highest(torch.zeros(2), torch.zeros(2), share)


def test_g_learns_from_fewer_fakes_as_training_goes_on() -> None:
    class Sum(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.sum(1)

    algorithm = Adversarial(latent=Gaussian(2), loss=Wasserstein(), top_k=Linear(start=1.0, end=0.5))
    networks = nn.ModuleDict({"G": nn.Identity(), "D": Sum()})
    counts = []
    for step in (0, 5, 10):
        loss = algorithm.generator_losses(networks, None, context(step=step, steps=10, rows=8))["adversarial"]
        counts.append(int((loss != 0).sum()))
    assert counts == [8, 6, 4]
