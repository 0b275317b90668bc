"""Hue and blur, as others work them out."""

from __future__ import annotations

import torch
from torchvision.transforms import functional

from ganbench.algorithms.views import blurred, hue_turned


def pictures(rows: int) -> torch.Tensor:
    return torch.rand(rows, 3, 9, 7, generator=torch.Generator().manual_seed(1))


def test_hues_are_moved_as_torchvision_moves_them_and_back() -> None:
    x, turns = pictures(5), torch.tensor([0.0, 0.1, -0.1, 0.5, -0.37])
    x[0, :, 0, 0] = 0.4  # grey, which has no hue
    moved = hue_turned(x, turns)
    expected = [functional.adjust_hue(one, float(turn)) for one, turn in zip(x, turns, strict=True)]
    torch.testing.assert_close(moved, torch.stack(expected), atol=1e-5, rtol=0)
    torch.testing.assert_close(hue_turned(moved, -turns), x, atol=1e-5, rtol=0)
    torch.testing.assert_close(hue_turned(x, turns.new_full((5,), 1 / 3)), x.roll(1, 1), atol=1e-5, rtol=0)


def test_each_picture_is_smoothed_by_its_own_gaussian() -> None:
    x, deviations = pictures(3), torch.tensor([0.1, 0.8, 1.2])
    soft = blurred(x, deviations, 3)
    inner = (slice(None), slice(3, -3), slice(3, -3))  # the two treat borders differently
    for one, seen, deviation in zip(x, soft, deviations, strict=True):
        expected = functional.gaussian_blur(one, [7, 7], [float(deviation)] * 2)
        torch.testing.assert_close(seen[inner], expected[inner], atol=1e-5, rtol=0)
    level = torch.full((2, 3, 9, 7), 0.3)
    torch.testing.assert_close(blurred(level, deviations[:2], 3), level)
