from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganbench.config.spec import Spec
from ganbench.errors import UserError
from ganbench.latents import Gaussian, Latent, Uniform
from ganbench.utils.random_stream import RandomStream

each_latent = pytest.mark.parametrize("latent", [Gaussian(7), Uniform(5), Uniform(3, 0.0, 2.5)], ids=str)


@each_latent
@settings(deadline=None, max_examples=20)
@given(rows=st.integers(1, 9), seed=st.integers(0, 1000))
def test_draws_one_row_per_sample_and_the_same_rows_for_the_same_key(
    latent: Latent, rows: int, seed: int
) -> None:
    z = latent.draw(RandomStream("z", seed), rows)
    assert z.shape == (rows, latent.size)
    assert z.dtype == torch.float32
    assert torch.equal(z, latent.draw(RandomStream("z", seed), rows))
    assert not torch.equal(z, latent.draw(RandomStream("z", seed + 1), rows))


@each_latent
def test_two_parts_concatenate_to_the_whole_batch(latent: Latent) -> None:
    whole = latent.draw(RandomStream("z"), 6)
    parts = [latent.draw(RandomStream("z", shard=part, shards=2), 3) for part in range(2)]
    assert torch.equal(whole, torch.cat(parts))


@each_latent
def test_a_recipe_can_store_it(latent: Latent) -> None:
    spec = Spec(type(latent), **dataclasses.asdict(latent))  # type: ignore[call-overload]
    assert Spec.from_dict(spec.to_dict())() == latent


def test_gaussian_has_mean_0_and_standard_deviation_1() -> None:
    z = Gaussian(50).draw(RandomStream(0), 2000)
    assert z.mean().item() == pytest.approx(0, abs=0.02)
    assert z.std().item() == pytest.approx(1, abs=0.02)
    assert z.abs().max() > 3


def test_uniform_fills_its_range_evenly() -> None:
    z = Uniform(50, low=-2.0, high=3.0).draw(RandomStream(0), 2000)
    assert z.min() >= -2
    assert z.max() < 3
    shares = torch.histc(z, bins=5, min=-2, max=3) / z.numel()
    torch.testing.assert_close(shares, torch.full((5,), 0.2), atol=0.01, rtol=0)


@pytest.mark.parametrize("kind", [Gaussian, Uniform])
def test_refuses_an_empty_vector(kind: type[Gaussian | Uniform]) -> None:
    with pytest.raises(UserError, match=f"{kind.__name__}: size must be at least 1"):
        kind(size=0)


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, 1.0), (-math.inf, 0.0), (0.0, math.nan)])
def test_refuses_an_empty_range(low: float, high: float) -> None:
    with pytest.raises(UserError, match="low must be below high"):
        Uniform(3, low, high)
