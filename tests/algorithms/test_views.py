"""Hue and blur agree with torchvision's."""

from __future__ import annotations

import torch
from torchvision.transforms import functional

from ganbench.algorithms.views import gaussian_blur, rotate_hue


def images(rows: int) -> torch.Tensor:
    return torch.rand(rows, 3, 9, 7, generator=torch.Generator().manual_seed(1))


def test_hues_agree_with_torchvision_and_can_be_rotated_back() -> None:
    x, turns = images(5), torch.tensor([0.0, 0.1, -0.1, 0.5, -0.37])
    x[0, :, 0, 0] = 0.4  # grey, which has no hue
    rotated = rotate_hue(x, turns)
    expected = [functional.adjust_hue(one, float(turn)) for one, turn in zip(x, turns, strict=True)]
    torch.testing.assert_close(rotated, torch.stack(expected), atol=1e-5, rtol=0)
    torch.testing.assert_close(rotate_hue(rotated, -turns), x, atol=1e-5, rtol=0)
    torch.testing.assert_close(rotate_hue(x, turns.new_full((5,), 1 / 3)), x.roll(1, 1), atol=1e-5, rtol=0)


def test_each_image_is_blurred_by_its_own_gaussian() -> None:
    x, deviations = images(3), torch.tensor([0.1, 0.8, 1.2])
    blurred = gaussian_blur(x, deviations, 3)
    inner = (slice(None), slice(3, -3), slice(3, -3))  # the two treat borders differently
    for image, result, deviation in zip(x, blurred, deviations, strict=True):
        expected = functional.gaussian_blur(image, [7, 7], [float(deviation)] * 2)
        torch.testing.assert_close(result[inner], expected[inner], atol=1e-5, rtol=0)
    level = torch.full((2, 3, 9, 7), 0.3)
    torch.testing.assert_close(gaussian_blur(level, deviations[:2], 3), level)
