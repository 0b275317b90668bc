"""Each of the three changes against what it says."""

from __future__ import annotations

import pytest
import torch

from ganbench.augment import DiffAugment
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


def test_colours_of_a_grey_picture_stay_grey_and_its_contrast_and_brightness_change() -> None:
    x = (torch.rand(64, 1, 8, 8) * 2 - 1).expand(-1, 3, -1, -1)
    made = DiffAugment(translation=0.0, cutout=0.0)(x, RandomStream("a"))
    torch.testing.assert_close(made[:, 0], made[:, 2])
    shift = (made.mean((1, 2, 3)) - x.mean((1, 2, 3))).abs()
    factor = made.std((1, 2, 3)) / x.std((1, 2, 3))
    assert 0.3 < shift.max() <= 0.5
    assert 0.5 <= factor.min() < 0.7
    assert 1.3 < factor.max() <= 1.5


def test_a_moved_picture_is_the_picture_elsewhere_with_nothing_else_than_0() -> None:
    x = torch.rand(64, 2, 16, 16) + 0.5
    made = DiffAugment(colour=False, translation=0.25, cutout=0.0)(x, RandomStream("a"))
    shifts = set()
    for before, after in zip(x, made, strict=True):
        found = [
            (down, right)
            for down in range(-4, 5)
            for right in range(-4, 5)
            if torch.equal(shifted(before, down, right), after)
        ]
        assert len(found) == 1
        shifts.add(found[0])
    assert len(shifts) > 32
    assert {down for down, _ in shifts} == set(range(-4, 5)) == {right for _, right in shifts}


def shifted(picture: torch.Tensor, down: int, right: int) -> torch.Tensor:
    padded = torch.nn.functional.pad(picture, (16, 16, 16, 16))
    return padded[:, 16 - down : 32 - down, 16 - right : 32 - right]


def test_the_hole_is_a_rectangle_of_at_most_that_share_and_0() -> None:
    x = torch.ones(200, 1, 16, 16)
    made = DiffAugment(colour=False, translation=0.0, cutout=0.5)(x, RandomStream("a"))
    assert set(made.unique().tolist()) == {0.0, 1.0}
    for picture in made[:, 0]:
        rows, columns = (picture == 0).any(1), (picture == 0).any(0)
        assert torch.equal(picture == 0, rows[:, None] & columns[None])
        assert 4 <= rows.sum() <= 8
        assert 4 <= columns.sum() <= 8


@pytest.mark.parametrize("wrong", [{"translation": -0.1}, {"cutout": 1.0}])
def test_a_share_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UserError, match="shares of a side"):
        DiffAugment(**wrong)  # type: ignore[arg-type]


def test_nothing_to_do_is_refused() -> None:
    with pytest.raises(UserError, match="nothing is asked for"):
        DiffAugment(colour=False, translation=0.0, cutout=0.0)
