from __future__ import annotations

import numpy as np
import pytest
import torch

from ganbench.data.counter import uniform_of
from ganbench.data.outlines import OUTLINES
from ganbench.data.shapes import COLOURS, FIGURES, SIDE, draw, factors_of, shapes
from ganbench.errors import UserError


def test_item_i_depends_on_nothing_but_seed_split_and_i() -> None:
    few, many = shapes(size=7, seed=3), shapes(size=900, seed=3)
    assert torch.equal(few.pixels, many.pixels[:7])
    some = np.array([899, 5, 640], np.int64)
    assert np.array_equal(draw(factors_of(some, 3, "train")), many.pixels[some].numpy())


def test_seeds_and_splits_differ() -> None:
    pictures = [shapes(50), shapes(50, seed=1), shapes(50, split="test"), shapes(50, seed=1, split="test")]
    assert len({picture.info.fingerprint for picture in pictures}) == 4


def test_counter_numbers_are_uniform_and_independent() -> None:
    numbers = uniform_of(5, np.arange(20_000), 4)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert np.abs(numbers.mean(0) - 0.5).max() < 0.01
    assert np.abs(np.corrcoef(numbers.T) - np.eye(4)).max() < 0.03
    assert abs(np.corrcoef(numbers[:-1, 0], numbers[1:, 0])[0, 1]) < 0.03


def test_classes_and_colours_are_balanced() -> None:
    pictures = shapes(6000)
    index = torch.arange(6000)
    factors = pictures.factors(index)
    assert pictures.info.classes == FIGURES
    assert torch.equal(factors["figure"], pictures.labels(index))
    assert factors["figure"].bincount().min() > 900
    assert factors["colour"].bincount(minlength=len(COLOURS)).min() > 650


def test_factors_are_independent_of_each_other() -> None:
    factors = shapes(6000).factors(torch.arange(6000))
    table = torch.stack([numbers.double() for name, numbers in factors.items() if name != "turn"])
    assert (table.corrcoef() - torch.eye(len(table))).abs().max() < 0.05


def test_the_figure_is_where_its_factors_say_and_has_its_colour() -> None:
    pictures = shapes(3000)
    factors = pictures.factors(torch.arange(3000))
    colours = torch.tensor(list(COLOURS.values()))
    # The moon's middle is bitten out, so look at the others there.
    solid = factors["figure"] != FIGURES.index("moon")
    rows, columns = factors["y"].long()[solid], factors["x"].long()[solid]
    middle = pictures.pixels[solid, :, rows, columns].long()
    assert torch.equal(middle, colours[factors["colour"][solid]])


def test_figures_lie_within_the_picture_on_a_darker_quiet_ground() -> None:
    pictures = shapes(3000).pixels.int()
    rim = torch.cat((pictures[:, :, 0], pictures[:, :, -1], pictures[..., 0], pictures[..., -1]), 2)
    assert rim.max() < 150
    assert rim.min() > 0  # no number went below 0 and came out as 255
    assert (rim[..., 1:SIDE] - rim[..., : SIDE - 1]).abs().max() <= 3


@pytest.mark.parametrize("name", FIGURES)
def test_outlines_measure_distance_and_repeat_after_their_turn(name: str) -> None:
    outline, turns = OUTLINES[name]
    line = np.linspace(-1.5, 1.5, 61, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    field = outline(x, y)
    assert (field < 0).any()
    assert (field[x * x + y * y > 1.11**2] > 0).all()
    # A distance changes by no more than one goes.
    assert np.abs(np.diff(field, axis=0)).max() <= 0.05 * 1.001
    angle = 2 * np.pi / turns if turns else 0.7
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    assert np.allclose(outline(cos * x - sin * y, sin * x + cos * y), field, atol=1e-4)


def test_edges_are_soft() -> None:
    one = factors_of(np.array([1], np.int64), 0, "train")
    picture = draw(one)[0].astype(int)
    ground, colour = picture[:, 0, 0], np.array(list(COLOURS.values()))[one.colour[0]]
    far = np.abs(colour - ground).argmax()
    share = (picture[far] - ground[far]) / (colour[far] - ground[far])
    assert ((share > 0.25) & (share < 0.75)).sum() > 5


def test_nonsense_is_refused() -> None:
    with pytest.raises(UserError, match="size"):
        shapes(size=0)
    with pytest.raises(UserError, match="known: test, train"):
        shapes(split="val")  # type: ignore[arg-type]
