"""Noise on images against its definition."""

from __future__ import annotations

import pytest
import torch

from ganbench.augment import ImageNoise
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


def test_the_noise_is_normal_and_not_clamped() -> None:
    x = torch.ones(64, 3, 16, 16)
    noise = ImageNoise(0.2)(x, RandomStream("a")) - x
    torch.testing.assert_close(noise, 0.2 * RandomStream("a").normal(64, 3, 16, 16), rtol=0, atol=1e-6)
    assert noise.std().item() == pytest.approx(0.2, rel=0.01)
    assert noise.mean().item() == pytest.approx(0, abs=0.005)


def test_a_standard_deviation_of_0_or_below_is_refused() -> None:
    for std in (0.0, -1.0, float("nan")):
        with pytest.raises(UserError, match="std must be above 0"):
            ImageNoise(std)
