from __future__ import annotations

import numpy as np
import pytest
import torch

from ganbench.data.counter import uniform_by_index
from ganbench.data.outlines import OUTLINES
from ganbench.data.shapes import COLOURS, FIGURES, SIDE, generate_factors, render, shapes
from ganbench.errors import UserError


def test_an_image_depends_only_on_seed_split_and_number() -> None:
    few, many = shapes(size=7, seed=3), shapes(size=900, seed=3)
    assert torch.equal(few.pixels, many.pixels[:7])
    some = np.array([899, 5, 640], np.int64)
    assert np.array_equal(render(generate_factors(some, 3, "train")), many.pixels[some].numpy())


def test_seeds_and_splits_differ() -> None:
    images = [shapes(50), shapes(50, seed=1), shapes(50, split="test"), shapes(50, seed=1, split="test")]
    assert len({image.info.fingerprint for image in images}) == 4


def test_counter_numbers_are_uniform_and_independent() -> None:
    numbers = uniform_by_index(5, np.arange(20_000), 4)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert np.abs(numbers.mean(0) - 0.5).max() < 0.01
    assert np.abs(np.corrcoef(numbers.T) - np.eye(4)).max() < 0.03
    assert abs(np.corrcoef(numbers[:-1, 0], numbers[1:, 0])[0, 1]) < 0.03


def test_classes_and_colours_are_balanced() -> None:
    images = shapes(6000)
    index = torch.arange(6000)
    factors = images.factors(index)
    assert images.info.classes == FIGURES
    assert torch.equal(factors["figure"], images.labels(index))
    assert factors["figure"].bincount().min() > 900
    assert factors["colour"].bincount(minlength=len(COLOURS)).min() > 650


def test_factors_are_independent_of_each_other() -> None:
    factors = shapes(6000).factors(torch.arange(6000))
    table = torch.stack([numbers.double() for name, numbers in factors.items() if name != "turn"])
    assert (table.corrcoef() - torch.eye(len(table))).abs().max() < 0.05


def test_figures_match_their_position_and_colour() -> None:
    images = shapes(3000)
    factors = images.factors(torch.arange(3000))
    colours = torch.tensor(list(COLOURS.values()))
    # The centre of a moon is background.
    solid = factors["figure"] != FIGURES.index("moon")
    rows, columns = factors["y"].long()[solid], factors["x"].long()[solid]
    centre = images.pixels[solid, :, rows, columns].long()
    assert torch.equal(centre, colours[factors["colour"][solid]])


def test_figures_are_inside_the_image_on_a_darker_smooth_background() -> None:
    images = shapes(3000).pixels.int()
    border = torch.cat((images[:, :, 0], images[:, :, -1], images[..., 0], images[..., -1]), 2)
    assert border.max() < 150
    assert border.min() > 0  # nothing wrapped around from below 0
    assert (border[..., 1:SIDE] - border[..., : SIDE - 1]).abs().max() <= 3


@pytest.mark.parametrize("name", FIGURES)
def test_outlines_are_distances_with_their_symmetry(name: str) -> None:
    outline, turns = OUTLINES[name]
    line = np.linspace(-1.5, 1.5, 61, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    field = outline(x, y)
    assert (field < 0).any()
    assert (field[x * x + y * y > 1.11**2] > 0).all()
    # A distance function has a slope of at most 1.
    assert np.abs(np.diff(field, axis=0)).max() <= 0.05 * 1.001
    angle = 2 * np.pi / turns if turns else 0.7
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    assert np.allclose(outline(cos * x - sin * y, sin * x + cos * y), field, atol=1e-4)


def test_edges_are_soft() -> None:
    one = generate_factors(np.array([1], np.int64), 0, "train")
    image = render(one)[0].astype(int)
    background, colour = image[:, 0, 0], np.array(list(COLOURS.values()))[one.colour[0]]
    channel = np.abs(colour - background).argmax()
    coverage = (image[channel] - background[channel]) / (colour[channel] - background[channel])
    assert ((coverage > 0.25) & (coverage < 0.75)).sum() > 5


def test_invalid_arguments_are_refused() -> None:
    with pytest.raises(UserError, match="size"):
        shapes(size=0)
    with pytest.raises(UserError, match="known: test, train"):
        shapes(split="val")  # type: ignore[arg-type]
