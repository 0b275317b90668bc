"""Known values of the consistency term, and of the changes of images that it uses by default."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from tests.support.context import context
from torch import Tensor

from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.regularizers import Consistency
from ganbench.regularizers.consistency import flip_images, shift_images
from ganbench.utils.random_stream import RandomStream


@dataclass(frozen=True)
class AddOne:
    """An augmentation that adds 1 to every value."""

    def __call__(self, x: Tensor, stream: RandomStream) -> Tensor:
        return x + 1


def first_number(x: Tensor, y: Tensor | None) -> Tensor:
    return x.flatten(1)[:, 0]


def test_known_values_for_real_images_and_fakes() -> None:
    real, fake = Batch(torch.tensor([[2.0], [5.0]])), Batch(torch.tensor([[-1.0], [0.0]]))
    change = AddOne()
    assert Consistency(augmentation=change)(first_number, real, fake, context()).tolist() == [10, 10]
    both = Consistency(real=3, fake=4, augmentation=change, every=2)
    assert both(lambda x, y: x[:, 0] ** 2, real, fake, context()).tolist() == [
        2 * (3 * (9 - 4) ** 2 + 4 * (0 - 1) ** 2),
        2 * (3 * (36 - 25) ** 2 + 4 * (1 - 0) ** 2),
    ]


def test_points_move_by_noise_of_the_given_deviation() -> None:
    points = Batch(torch.zeros(20_000, 1))
    term = Consistency(real=1, noise=0.3)(first_number, points, points, context())
    assert float(term.mean()) == pytest.approx(0.09, rel=0.05)


def test_half_of_the_images_are_flipped() -> None:
    x = torch.arange(3.0).expand(4000, 1, 1, 3)
    flipped = flip_images(x, RandomStream(0))
    assert set(map(tuple, flipped.flatten(1).tolist())) == {(0, 1, 2), (2, 1, 0)}
    assert float((flipped[:, 0, 0, 0] == 2).float().mean()) == pytest.approx(0.5, abs=0.03)


def test_images_are_shifted_by_up_to_the_share_with_mirrored_borders() -> None:
    x = torch.arange(16.0).view(1, 1, 4, 4).expand(500, 2, 4, 4)
    shifted = shift_images(x, 0.25, RandomStream(0))
    assert shifted.shape == x.shape
    padded = torch.nn.functional.pad(x[:1], (1, 1, 1, 1), mode="reflect")[0, 0]
    windows = {tuple(padded[i : i + 4, j : j + 4].flatten().tolist()) for i in range(3) for j in range(3)}
    assert {tuple(image.flatten().tolist()) for image in shifted[:, 1]} == windows
    assert torch.equal(shifted[:, 0], shifted[:, 1])
    assert torch.equal(shift_images(x, 0.0, RandomStream(0)), x)


@pytest.mark.parametrize("name", ["real", "fake", "shift", "noise"])
@pytest.mark.parametrize("value", [-1.0, float("nan")])
def test_invalid_numbers_are_refused(name: str, value: float) -> None:
    with pytest.raises(UserError, match=f"Consistency: {name}"):
        Consistency(**{name: value})  # type: ignore[arg-type]
    with pytest.raises(UserError, match="shift must be at most 1, but is 2"):
        Consistency(shift=2)
