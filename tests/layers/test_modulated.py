"""Modulated convolutions against scaled weights of each sample, and noise that training alone draws."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import conv2d, interpolate, pad

from ganbench.layers.modulated import ModulatedConv2d, ScaledNoise
from ganbench.layers.smooth_resampling import blur, downsample_smoothly, upsample_smoothly


@pytest.mark.parametrize("demodulate", [True, False])
def test_it_is_the_convolution_with_each_samples_weights(demodulate: bool) -> None:
    torch.manual_seed(0)
    layer, x, style = (
        ModulatedConv2d(3, 4, 3, 5, demodulate=demodulate),
        torch.randn(2, 3, 6, 6),
        torch.randn(2, 5),
    )
    y = layer(x, style)
    for image, scales, out in zip(x, 1 + layer.style(style), y, strict=True):
        weight = layer.weight * layer.scale * scales[None, :, None, None]
        if demodulate:
            weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        torch.testing.assert_close(out, conv2d(image[None], weight, padding=1)[0], rtol=1e-4, atol=1e-5)


def test_upsampling_doubles_the_sides_and_keeps_a_constant_inside() -> None:
    layer = ModulatedConv2d(1, 1, 3, 2, demodulate=False, upsample=True)
    with torch.no_grad():
        layer.weight.fill_(1.0)
        layer.style.weight.zero_()
    y = layer(torch.ones(1, 1, 8, 8), torch.zeros(1, 2))
    assert y.shape == (1, 1, 16, 16)
    # Nine taps over a grid in which one of four places is not 0, four times as strong: 9 on average.
    torch.testing.assert_close(y[:, :, 3:-3, 3:-3], torch.full((1, 1, 10, 10), 9.0 * layer.scale))


def test_filters_are_the_kernel_1_3_3_1() -> None:
    x = torch.randn(2, 3, 8, 8)
    assert blur(x, padding=2).shape == (2, 3, 9, 9)
    torch.testing.assert_close(blur(torch.ones(1, 1, 6, 6), padding=0), torch.ones(1, 1, 3, 3))
    line = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = (line[:, None] * line / 64)[None, None]
    expected = conv2d(pad(x.flatten(0, 1)[:, None], (1, 1, 1, 1)), kernel, stride=2).reshape(2, 3, 4, 4)
    torch.testing.assert_close(downsample_smoothly(x), expected)
    zeros = torch.zeros(2, 3, 16, 16)
    zeros[:, :, ::2, ::2] = x
    inside = conv2d(zeros.flatten(0, 1)[:, None], 4 * kernel).reshape(2, 3, 13, 13)
    torch.testing.assert_close(upsample_smoothly(x)[:, :, 2:15, 2:15], inside, rtol=1e-4, atol=1e-5)
    assert upsample_smoothly(x).shape == interpolate(x, scale_factor=2).shape


def test_noise_is_drawn_in_training_and_fixed_in_evaluation() -> None:
    layer, x = ScaledNoise((4, 4)), torch.zeros(2, 3, 4, 4)
    assert torch.equal(layer(x), x), "its strength starts at 0"
    with torch.no_grad():
        layer.strength.fill_(0.5)
    first, second = layer(x), layer(x)
    assert not torch.equal(first, second)
    assert torch.equal(first[:, 0], first[:, 2])
    assert not torch.equal(first[0], first[1])
    fixed = layer.eval()(x)
    assert torch.equal(fixed, layer(x))
    assert torch.equal(fixed[0], fixed[1])
