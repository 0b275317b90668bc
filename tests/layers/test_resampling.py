"""Upsampling and downsampling, compared with the forms by pixel shuffle that papers use."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, pixel_shuffle, pixel_unshuffle

from ganbench.layers import downsample, upsample
from ganbench.layers.resampling import resize

sizes = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5), st.integers(1, 5))


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@given(size=sizes)
def test_upsample_is_depth_to_space_of_four_copies_and_nearest_upsampling(size: tuple[int, ...]) -> None:
    x = random(*size)
    assert torch.equal(upsample(x), pixel_shuffle(x.repeat_interleave(4, 1), 2))
    assert torch.equal(upsample(x), interpolate(x, scale_factor=2, mode="nearest"))
    assert torch.equal(upsample(x), x.repeat_interleave(2, 2).repeat_interleave(2, 3))


@given(size=sizes)
def test_downsample_is_the_mean_over_space_to_depth_and_average_pooling(size: tuple[int, ...]) -> None:
    rows, channels, height, width = size
    x = random(rows, channels, 2 * height, 2 * width)

    def blocks(x: Tensor) -> Tensor:
        return pixel_unshuffle(x, 2).unflatten(1, (channels, 4))

    torch.testing.assert_close(downsample(x), blocks(x).mean(2), rtol=0, atol=1e-6)
    assert torch.equal(downsample(x), avg_pool2d(x, 2))
    whole = (8 * x).round()  # sums of whole numbers are exact in any order
    assert torch.equal(downsample(whole), blocks(whole).sum(2) / 4)


@given(size=sizes)
def test_downsample_inverts_upsample(size: tuple[int, ...]) -> None:
    x = random(*size)
    assert torch.equal(downsample(upsample(x)), x)


@pytest.mark.parametrize("resample", [upsample, downsample])
def test_has_second_derivatives(resample: Callable[[Tensor], Tensor]) -> None:
    x = random(2, 3, 4, 4).double().requires_grad_(True)
    assert torch.autograd.gradgradcheck(lambda x: resample(x).square(), x)


def test_resize_keeps_flat_images_and_means_and_can_be_off() -> None:
    x = random(2, 3, 16, 12)
    assert resize(x, 0) is x
    torch.testing.assert_close(resize(torch.ones(1, 3, 16, 12), 8), torch.ones(1, 3, 8, 8))
    torch.testing.assert_close(resize(x, 4).mean((2, 3)), x.mean((2, 3)), rtol=0, atol=0.15)
