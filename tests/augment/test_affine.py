"""Transformations onto the pixel grid are exact."""

from __future__ import annotations

import math

import pytest
import torch

from ganbench.augment import Affine
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


class ConstantStream(RandomStream):
    """A stream whose uniform numbers are all the same."""

    def __init__(self, value: float) -> None:
        super().__init__("fixed")
        self.value = value

    def uniform(self, rows: int, *shape: int, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
        return torch.full((rows, *shape), self.value)


def test_zero_strength_changes_nothing() -> None:
    x = torch.rand(4, 2, 9, 6) * 2 - 1
    torch.testing.assert_close(Affine(0, 0, 0, 0)(x, RandomStream("a")), x, atol=1e-5, rtol=0)


def test_a_shift_by_whole_pixels_is_exact_and_fills_with_black() -> None:
    x = torch.rand(2, 1, 8, 8) * 2 - 1
    shifted = Affine(0, 0, 0, move=0.5)(x, ConstantStream(1.0))  # half of half of a side: 2 pixels
    torch.testing.assert_close(shifted[:, :, :6, :6], x[:, :, 2:, 2:], atol=1e-5, rtol=0)
    torch.testing.assert_close(shifted[:, :, 6:], torch.full((2, 1, 2, 8), -1.0))


def test_a_quarter_turn_is_exact() -> None:
    x = torch.rand(2, 1, 8, 8) * 2 - 1
    rotated = Affine(turn=90.0, stretch=0, shear=0, move=0)(x, ConstantStream(1.0))
    torch.testing.assert_close(rotated, torch.rot90(x, 1, (2, 3)), atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    "arguments", [{"turn": -1.0}, {"stretch": 1.0}, {"shear": math.inf}, {"move": math.nan}]
)
def test_an_argument_out_of_range_is_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(UserError, match=r"Affine: turn, stretch, shear and move must be"):
        Affine(**arguments)
