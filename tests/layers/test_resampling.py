from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from ganbench.layers import depth_to_space, depth_to_space_up, space_to_depth, space_to_depth_down

sizes = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5), st.integers(1, 5))


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_four_channels_become_one_block_of_neighbours() -> None:
    x = torch.tensor([1.0, 2.0, 3.0, 4.0]).reshape(1, 4, 1, 1)
    assert depth_to_space(x).tolist() == [[[[1.0, 2.0], [3.0, 4.0]]]]


@given(size=sizes)
def test_group_k_goes_to_row_k_half_and_column_k_rest_of_each_block(size: tuple[int, ...]) -> None:
    rows, channels, height, width = size
    x = random(rows, 4 * channels, height, width)
    for k in range(4):
        group = x[:, k * channels : (k + 1) * channels]
        assert torch.equal(depth_to_space(x)[:, :, k // 2 :: 2, k % 2 :: 2], group)


@given(size=sizes)
def test_there_and_back_changes_nothing(size: tuple[int, ...]) -> None:
    rows, channels, height, width = size
    deep, wide = random(rows, 4 * channels, height, width), random(rows, channels, 2 * height, 2 * width)
    assert torch.equal(space_to_depth(depth_to_space(deep)), deep)
    assert torch.equal(depth_to_space(space_to_depth(wide)), wide)


@given(size=sizes)
def test_up_is_depth_to_space_of_four_copies_and_nearest_upsampling(size: tuple[int, ...]) -> None:
    x = random(*size)
    assert torch.equal(depth_to_space_up(x), depth_to_space(torch.cat([x] * 4, 1)))
    assert torch.equal(depth_to_space_up(x), interpolate(x, scale_factor=2, mode="nearest"))
    assert torch.equal(depth_to_space_up(x), x.repeat_interleave(2, 2).repeat_interleave(2, 3))


@given(size=sizes)
def test_down_is_the_mean_of_space_to_depth_and_average_pooling(size: tuple[int, ...]) -> None:
    rows, channels, height, width = size
    x = random(rows, channels, 2 * height, 2 * width)
    groups = space_to_depth(x).reshape(rows, 4, channels, height, width)
    torch.testing.assert_close(space_to_depth_down(x), groups.mean(1), rtol=0, atol=1e-6)
    assert torch.equal(space_to_depth_down(x), avg_pool2d(x, 2))
    whole = (8 * x).round()  # sums of whole numbers are exact in any order
    assert torch.equal(space_to_depth_down(whole), space_to_depth(whole).reshape(groups.shape).sum(1) / 4)


@given(size=sizes)
def test_down_undoes_up(size: tuple[int, ...]) -> None:
    x = random(*size)
    assert torch.equal(space_to_depth_down(depth_to_space_up(x)), x)


@pytest.mark.parametrize("resample", [depth_to_space_up, space_to_depth_down])
def test_second_derivatives_pass(resample: object) -> None:
    x = random(2, 3, 4, 4).double().requires_grad_(True)
    assert callable(resample)
    assert torch.autograd.gradgradcheck(lambda x: resample(x).square(), x)
