"""A picture moved by whole pixels, and one left alone, are what they should be."""

from __future__ import annotations

import math

import pytest
import torch

from ganbench.augment import Affine
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


class Fixed(RandomStream):
    """Draws whose uniform numbers are all the same."""

    def __init__(self, value: float) -> None:
        super().__init__("fixed")
        self.value = value

    def uniform(self, rows: int, *shape: int, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
        return torch.full((rows, *shape), self.value)


def test_no_strength_leaves_pictures_as_they_are() -> None:
    x = torch.rand(4, 2, 9, 6) * 2 - 1
    torch.testing.assert_close(Affine(0, 0, 0, 0)(x, RandomStream("a")), x, atol=1e-5, rtol=0)


def test_a_move_of_whole_pixels_is_exact_and_what_comes_in_is_black() -> None:
    x = torch.rand(2, 1, 8, 8) * 2 - 1
    moved = Affine(0, 0, 0, move=0.5)(x, Fixed(1.0))  # half of half of a side: 2 pixels
    torch.testing.assert_close(moved[:, :, :6, :6], x[:, :, 2:, 2:], atol=1e-5, rtol=0)
    torch.testing.assert_close(moved[:, :, 6:], torch.full((2, 1, 2, 8), -1.0))


def test_a_quarter_turn_is_exact() -> None:
    x = torch.rand(2, 1, 8, 8) * 2 - 1
    turned = Affine(turn=90.0, stretch=0, shear=0, move=0)(x, Fixed(1.0))
    torch.testing.assert_close(turned, torch.rot90(x, 1, (2, 3)), atol=1e-4, rtol=0)


@pytest.mark.parametrize("wrong", [{"turn": -1.0}, {"stretch": 1.0}, {"shear": math.inf}, {"move": math.nan}])
def test_a_number_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UserError, match=r"Affine: turn, stretch, shear and move must be"):
        Affine(**wrong)
