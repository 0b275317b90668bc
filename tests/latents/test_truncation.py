"""Truncated noise has the distribution that it should, for every bound, and codes are left alone."""

from __future__ import annotations

import pytest
import torch
from scipy import stats

from ganbench.errors import UserError
from ganbench.latents import Gaussian, Structured, Uniform, WithRepresentation
from ganbench.latents.truncation import normal_numbers, truncated
from ganbench.utils.random_stream import RandomStream


@pytest.mark.parametrize("bound", [0.1, 0.7, 2.0])
def test_it_is_the_truncated_normal_distribution(bound: float) -> None:
    latent = Gaussian(4)
    z = truncated(latent, latent.draw(RandomStream(0, "test"), 5000), bound)
    assert z.abs().max() <= bound
    assert stats.kstest(z.flatten().numpy(), stats.truncnorm(-bound, bound).cdf).pvalue > 0.01


def test_the_order_of_numbers_stays_and_a_wide_bound_changes_nothing() -> None:
    latent = Gaussian(3)
    z = latent.draw(RandomStream(1, "test"), 100)
    narrow = truncated(latent, z, 0.5)
    assert torch.equal(narrow.argsort(0), z.argsort(0))
    assert torch.equal(narrow.sign(), z.sign())
    torch.testing.assert_close(truncated(latent, z, 12.0), z)
    assert torch.isfinite(truncated(latent, torch.full((1, 3), 40.0), 1.0)).all()


@pytest.mark.parametrize(
    "latent",
    [Structured(noise=5, categorical=(3,), continuous=2), WithRepresentation(noise=5, representation=4)],
)
def test_only_noise_is_truncated(latent: Structured | WithRepresentation) -> None:
    z = latent.draw(RandomStream(2, "test"), 50)
    moved = truncated(latent, z, 0.2)
    assert normal_numbers(latent) == 5
    assert moved[:, :5].abs().max() <= 0.2
    assert torch.equal(moved[:, 5:], z[:, 5:])


def test_what_cannot_be_truncated_is_refused() -> None:
    uniform = Uniform(2)
    assert normal_numbers(uniform) == 0
    with pytest.raises(UserError, match="no normal noise"):
        truncated(uniform, torch.zeros(1, 2), 1.0)
    for bound in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(UserError, match="above 0"):
            truncated(Gaussian(2), torch.zeros(1, 2), bound)
