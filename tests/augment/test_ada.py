"""Each transformation against what it says, and p against the signs that move it."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from tests.support.tiny import tiny

from ganbench.augment import ADA
from ganbench.augment.ada_colour import colours
from ganbench.augment.ada_geometry import places
from ganbench.config.spec import Spec
from ganbench.errors import UserError
from ganbench.experiment.build_trainer import make_trainer
from ganbench.inference.build import make_dataset
from ganbench.training.engine import Engine
from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream


class Fixed(RandomStream):
    """Draws of set numbers: gates open only for one transformation, then these numbers."""

    def __init__(
        self, gate: int, even: dict[int, float] | None = None, normal: dict[int, float] | None = None
    ) -> None:
        super().__init__("fixed")
        self.gate, self.even, self.numbers, self.asked = gate, even or {}, normal or {}, 0

    def uniform(self, rows: int, *shape: int, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
        self.asked += 1
        made = torch.full((rows, *shape), 0.9)
        for place, value in ({self.gate: 0.0} if self.asked == 1 else self.even).items():
            made[:, place] = value
        return made

    def normal(self, rows: int, *shape: int) -> torch.Tensor:
        made = torch.full((rows, *shape), 3.0)
        for place, value in self.numbers.items():
            made[:, place] = value
        return made


def pictures(n: int, channels: int = 3, height: int = 8, width: int = 8) -> torch.Tensor:
    return torch.rand(n, channels, height, width, generator=torch.Generator().manual_seed(0)) * 2 - 1


def moved(x: torch.Tensor, draws: RandomStream) -> torch.Tensor:
    """What the transformation whose gate is open makes, at a probability that opens no other."""
    return ADA(p=0.5, colour=False)(x, draws)


def test_with_p_0_nothing_is_changed() -> None:
    x = pictures(8, height=6)
    torch.testing.assert_close(ADA()(x, RandomStream("a")), x, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("draws", "expected"),
    [
        (Fixed(0, {0: 0.1}), lambda x: x.flip(3)),
        (Fixed(0, {0: 0.6}), lambda x: x),
        (Fixed(1, {1: 0.3}), lambda x: torch.rot90(x, 1, (2, 3))),
        (Fixed(1, {1: 0.6}), lambda x: x.flip(2, 3)),
        (
            Fixed(2, {2: 1.0, 3: 0.5}),
            lambda x: torch.cat([x[..., 1:], x[..., -1:]], 3),
        ),  # a reflected edge comes in
        (Fixed(4, {4: 0.75}), lambda x: torch.rot90(x, 1, (2, 3))),
        (Fixed(6, {5: 1.0}), lambda x: x.flip(2, 3)),
        (Fixed(7, normal={2: 0.0, 3: 1.0}), lambda x: torch.cat([x[:, :, 1:], x[:, :, -1:]], 2)),
    ],
    ids=["mirror", "no mirror", "quarter", "half", "pixels", "turn", "second turn", "fraction"],
)
def test_what_moves_a_picture_by_whole_pixels_is_exact(draws: Fixed, expected: Any) -> None:
    x = pictures(2)
    torch.testing.assert_close(moved(x, draws), expected(x), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("draws", "factors"),
    [(Fixed(3, normal={0: 5.0}), (0.5, 0.5)), (Fixed(5, normal={1: 5.0}), (2.0, 0.5))],
    ids=["scale", "stretch"],
)
def test_scales_are_powers_of_2(draws: Fixed, factors: tuple[float, float]) -> None:
    at = places(draws, torch.full((1,), 0.5), (8, 8), blit=True, geometry=True)[0]
    torch.testing.assert_close(at, torch.tensor([[factors[0], 0, 0], [0, factors[1], 0]]))


def test_a_turn_keeps_angles_in_a_picture_that_is_not_square() -> None:
    at = places(Fixed(4, {4: 0.6}), torch.full((1,), 0.5), (4, 8), blit=True, geometry=True)[0]
    in_pixels = torch.diag(torch.tensor([4.0, 2.0])) @ at[:, :2] @ torch.diag(torch.tensor([0.25, 0.5]))
    torch.testing.assert_close(in_pixels @ in_pixels.T, torch.eye(2))
    assert math.acos(float(in_pixels[0, 0])) == pytest.approx(0.2 * math.pi, abs=1e-5)


def test_colours_are_the_papers_one_after_another() -> None:
    draws = RandomStream("a")
    made = colours(draws, torch.ones(64))
    again = RandomStream("a")
    again.uniform(64, 5)
    even, normal = again.uniform(64, 2), again.normal(64, 3)
    for matrix, (mirror, hue), (brightness, contrast, saturation) in zip(made, even, normal, strict=True):
        x = torch.tensor([0.3, -0.2, 0.5])
        axis = torch.full((3,), 3**-0.5)
        y = (x + 0.2 * brightness) * 2 ** (0.5 * contrast)
        if mirror < 0.5:
            y = y - 2 * axis * (axis @ y)
        angle = (hue - 0.5) * 2 * math.pi
        along = axis * (axis @ y)
        y = along + torch.cos(angle) * (y - along) + torch.sin(angle) * torch.linalg.cross(axis, y)
        y = along + 2**saturation * (y - along)
        torch.testing.assert_close(matrix[:, :3] @ x + matrix[:, 3], y, atol=1e-5, rtol=1e-5)


def test_grey_pictures_are_changed_as_grey_ones_in_three_channels_are() -> None:
    x = pictures(16, channels=1)
    ada = ADA(p=0.8)
    torch.testing.assert_close(
        ada(x.expand(-1, 3, -1, -1), RandomStream("a"))[:, :1], ada(x, RandomStream("a")), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_each_happens_with_probability_p(p: float) -> None:
    at = places(RandomStream("a"), torch.full((4000,), p), (8, 8), blit=False, geometry=True)
    turned = at[:, 0, 1].abs() > 1e-6
    assert float(turned.float().mean()) == pytest.approx(p, abs=0.03), "by one of the two turns"
    matrix = colours(RandomStream("b"), torch.full((4000,), p))
    assert float((matrix[:, 0, 3] != 0).float().mean()) == pytest.approx(p, abs=0.03)


def test_fewer_bits_move_no_picture() -> None:
    x, ada = pictures(8, height=32, width=32), ADA(p=1.0)
    with torch.autocast("cpu", torch.bfloat16):
        made, short = ada(x, RandomStream("a")), ada(x.bfloat16(), RandomStream("a"))
    torch.testing.assert_close(made, ada(x, RandomStream("a")))
    assert short.dtype == torch.bfloat16
    torch.testing.assert_close(short.float(), made, atol=0.05, rtol=0.02)


def context(update: int, rows: int, part: int = 0, parts: int = 1) -> Context:
    return Context(update, 100, update, rows, RandomStream("a", part=part, parts=parts))


@pytest.mark.parametrize(("share", "moves"), [(1.0, 1), (0.81, 1), (0.8, 0), (0.79, -1), (0.0, -1)])
def test_p_follows_the_mean_sign_at_its_speed(share: float, moves: int) -> None:
    ada = ADA(p=0.5, speed=1000, every=4)
    scores = torch.where(torch.arange(100) < round(100 * share), 3.0, -0.1)
    for step in range(4):
        assert float(ada.probability) == 0.5
        ada.heed(scores[25 * step : 25 * step + 25], context(step, 25))
        ada.adapt(step)
    assert float(ada.extra_scalars()["overfitting"]) == pytest.approx(2 * share - 1)
    assert float(ada.extra_scalars()["p"]) == pytest.approx(0.5 + moves * 0.1)


def test_p_stays_a_probability() -> None:
    for score, end in ((1.0, 1.0), (-1.0, 0.0)):
        ada = ADA(p=0.5, speed=10, every=1)
        ada.heed(torch.full((100,), score), context(0, 100))
        ada.adapt(0)
        assert float(ada.probability) == end


def test_microbatches_are_one_batch() -> None:
    whole, parts = ADA(p=0.5, speed=1000, every=1), ADA(p=0.5, speed=1000, every=1)
    scores = torch.linspace(-0.1, 1, 60)
    whole.heed(scores, context(0, 60))
    for part in range(3):
        parts.heed(scores.chunk(3)[part], context(0, 20, part, 3))
    for ada in (whole, parts):
        ada.adapt(0)
    assert whole.extra_scalars() == parts.extra_scalars()
    assert float(whole.probability) == pytest.approx(0.5 + 0.06)


def trainer() -> Any:
    changes = {
        "algorithm.augmentation": Spec(ADA, p=0.5, speed=100.0, every=2),
        "schedule.steps": 8,
    }
    recipe = tiny("dcgan-shapes", changes)
    return make_trainer(recipe, make_dataset(recipe), Engine(recipe.machine), 0)


def test_a_resumed_run_goes_on_exactly_and_the_log_shows_p() -> None:
    whole, first, second = trainer(), trainer(), trainer()
    seen = []
    for _ in range(7):
        whole.advance()
        seen.append(float(whole.algorithm.augmentation.probability))
    for _ in range(3):
        first.advance()
    second.load_state_dict(first.state_dict())
    for _ in range(4):
        second.advance()
    assert seen[0] == 0.5 != seen[1] != seen[3], "p moves every other step"
    for name, value in whole.state_dict()["algorithm"].items():
        assert torch.equal(value, second.state_dict()["algorithm"][name]), name
    for name, value in whole.state_dict()["networks"].items():
        assert torch.equal(value, second.state_dict()["networks"][name]), name
    assert (
        whole.read_log()["augmentation/p"]
        == pytest.approx(sum(seen) / 7)
        == second.read_log()["augmentation/p"]
    )


@pytest.mark.parametrize(
    "wrong",
    [{"p": 1.1}, {"p": math.nan}, {"target": 2.0}, {"speed": 0.0}, {"every": 0}],
    ids=str,
)
def test_a_number_out_of_range_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="ADA: "):
        ADA(**wrong)


def test_nothing_to_do_and_two_channels_are_refused() -> None:
    with pytest.raises(UserError, match="nothing is asked for"):
        ADA(blit=False, geometry=False, colour=False)
    with pytest.raises(UserError, match="1 or 3 channels"):
        ADA()(pictures(2, channels=2), RandomStream("a"))
