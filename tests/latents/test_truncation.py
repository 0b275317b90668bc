"""Truncated noise has the truncated normal distribution, and codes are left unchanged."""

from __future__ import annotations

import pytest
import torch
from scipy import stats

from ganbench.errors import UserError
from ganbench.latents import Gaussian, NoiseAndCodes, NoiseAndRepresentation, Uniform
from ganbench.latents.truncation import noise_size, truncate_noise
from ganbench.utils.random_stream import RandomStream


@pytest.mark.parametrize("bound", [0.1, 0.7, 2.0])
def test_truncated_noise_has_the_truncated_normal_distribution(bound: float) -> None:
    latent = Gaussian(4)
    z = truncate_noise(latent, latent.draw(RandomStream(0, "test"), 5000), bound)
    assert z.abs().max() <= bound
    assert stats.kstest(z.flatten().numpy(), stats.truncnorm(-bound, bound).cdf).pvalue > 0.01


def test_truncation_preserves_order_and_a_wide_bound_changes_nothing() -> None:
    latent = Gaussian(3)
    z = latent.draw(RandomStream(1, "test"), 100)
    narrow = truncate_noise(latent, z, 0.5)
    assert torch.equal(narrow.argsort(0), z.argsort(0))
    assert torch.equal(narrow.sign(), z.sign())
    torch.testing.assert_close(truncate_noise(latent, z, 12.0), z)
    assert torch.isfinite(truncate_noise(latent, torch.full((1, 3), 40.0), 1.0)).all()


@pytest.mark.parametrize(
    "latent",
    [
        NoiseAndCodes(noise=5, categorical=(3,), continuous=2),
        NoiseAndRepresentation(noise=5, representation=4),
    ],
)
def test_only_noise_is_truncated(latent: NoiseAndCodes | NoiseAndRepresentation) -> None:
    z = latent.draw(RandomStream(2, "test"), 50)
    truncated = truncate_noise(latent, z, 0.2)
    assert noise_size(latent) == 5
    assert truncated[:, :5].abs().max() <= 0.2
    assert torch.equal(truncated[:, 5:], z[:, 5:])


def test_refuses_latents_without_normal_noise_and_bad_bounds() -> None:
    uniform = Uniform(2)
    assert noise_size(uniform) == 0
    with pytest.raises(UserError, match="no normal noise"):
        truncate_noise(uniform, torch.zeros(1, 2), 1.0)
    for bound in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(UserError, match="above 0"):
            truncate_noise(Gaussian(2), torch.zeros(1, 2), bound)
