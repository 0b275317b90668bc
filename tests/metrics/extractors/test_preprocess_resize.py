"""Bicubic resizing against Pillow."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from ganbench.metrics.extractors.preprocess import resize_bicubic


def _smooth(height: int, width: int) -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (
        torch.stack([128 + 120 * torch.sin(y / 3 + c) * torch.cos(x / 2) for c in range(3)])
        .round()
        .to(torch.uint8)
    )


@pytest.mark.parametrize(
    ("height", "width", "size"), [(32, 32, 96), (28, 28, 96), (200, 160, 96), (64, 48, 32)]
)
@pytest.mark.parametrize("noise", [False, True])
def test_it_equals_pillow_in_floating_point(height, width, size, noise):
    image = _smooth(height, width)
    if noise:
        image = torch.randint(
            0, 256, image.shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
        )
    channels = [Image.fromarray(channel.numpy()).convert("F") for channel in image]
    pillow = [np.asarray(channel.resize((size, size), Image.Resampling.BICUBIC)) for channel in channels]
    resized = resize_bicubic(image[None], size)[0].numpy()
    np.testing.assert_allclose(resized, np.stack(pillow).clip(0, 255), atol=1e-2)


def test_overshoot_is_clamped():
    image = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    image[..., 4:] = 255
    resized = resize_bicubic(image, 32)
    assert (resized.min(), resized.max()) == (0, 255)


def test_shrinking_antialiases():
    board = (torch.arange(96)[:, None] + torch.arange(96)) % 2 * 255
    resized = resize_bicubic(board.to(torch.uint8)[None, None], 32)
    assert resized[..., 2:-2, 2:-2].sub(127.5).abs().max() < 20


def test_the_result_is_float32_and_channels_last():
    resized = resize_bicubic(torch.zeros(2, 3, 8, 8, dtype=torch.uint8), 16)
    assert resized.dtype == torch.float32
    assert resized.is_contiguous(memory_format=torch.channels_last)
