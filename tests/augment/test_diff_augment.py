"""Each of the three augmentations against its definition."""

from __future__ import annotations

import pytest
import torch

from ganbench.augment import DiffAugment
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


def test_grey_images_stay_grey_and_change_contrast_and_brightness() -> None:
    x = (torch.rand(64, 1, 8, 8) * 2 - 1).expand(-1, 3, -1, -1)
    augmented = DiffAugment(translation=0.0, cutout=0.0)(x, RandomStream("a"))
    torch.testing.assert_close(augmented[:, 0], augmented[:, 2])
    shift = (augmented.mean((1, 2, 3)) - x.mean((1, 2, 3))).abs()
    factor = augmented.std((1, 2, 3)) / x.std((1, 2, 3))
    assert 0.3 < shift.max() <= 0.5
    assert 0.5 <= factor.min() < 0.7
    assert 1.3 < factor.max() <= 1.5


def test_a_translated_image_is_shifted_and_padded_with_0() -> None:
    x = torch.rand(64, 2, 16, 16) + 0.5
    augmented = DiffAugment(colour=False, translation=0.25, cutout=0.0)(x, RandomStream("a"))
    shifts = set()
    for before, after in zip(x, augmented, strict=True):
        matches = [
            (down, right)
            for down in range(-4, 5)
            for right in range(-4, 5)
            if torch.equal(shift_image(before, down, right), after)
        ]
        assert len(matches) == 1
        shifts.add(matches[0])
    assert len(shifts) > 32
    assert {down for down, _ in shifts} == set(range(-4, 5)) == {right for _, right in shifts}


def shift_image(image: torch.Tensor, down: int, right: int) -> torch.Tensor:
    padded = torch.nn.functional.pad(image, (16, 16, 16, 16))
    return padded[:, 16 - down : 32 - down, 16 - right : 32 - right]


def test_the_cutout_is_a_rectangle_of_0_of_at_most_the_given_size() -> None:
    x = torch.ones(200, 1, 16, 16)
    augmented = DiffAugment(colour=False, translation=0.0, cutout=0.5)(x, RandomStream("a"))
    assert set(augmented.unique().tolist()) == {0.0, 1.0}
    for image in augmented[:, 0]:
        rows, columns = (image == 0).any(1), (image == 0).any(0)
        assert torch.equal(image == 0, rows[:, None] & columns[None])
        assert 4 <= rows.sum() <= 8
        assert 4 <= columns.sum() <= 8


@pytest.mark.parametrize("arguments", [{"translation": -0.1}, {"cutout": 1.0}])
def test_an_argument_out_of_range_is_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(UserError, match="shares of a side"):
        DiffAugment(**arguments)  # type: ignore[arg-type]


def test_all_changes_off_is_refused() -> None:
    with pytest.raises(UserError, match="all changes are off"):
        DiffAugment(colour=False, translation=0.0, cutout=0.0)


@pytest.mark.parametrize(
    ("side", "cutout", "size"), [(7, 0.4, 3), (9, 0.1, 1), (8, 0.4, 3), (8, 0.5, 4), (16, 0.5, 8)]
)
def test_holes_lie_where_the_authors_program_puts_them(side: int, cutout: float, size: int) -> None:
    x = torch.ones(4000, 1, side, side)
    holes = DiffAugment(colour=False, translation=0.0, cutout=cutout)(x, RandomStream("holes")) == 0
    rows = holes.any(3)[:, 0]
    centres = range(side + 1 - size % 2)
    expected = {tuple(c - size // 2 <= row < c - size // 2 + size for row in range(side)) for c in centres}
    assert {tuple(row) for row in rows.tolist()} == expected
    assert all(any(row) for row in expected), "no hole lies outside of the image"
