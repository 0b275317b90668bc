"""Ways through latent space: great arcs, their ends, and directions in closed form."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from tests.tiny import tiny

from ganbench.experiment import train
from ganbench.model import Model, load
from ganbench.report.interpolations import direction_arrangement, directions, interpolations, slerp
from ganbench.sampling import write_picture


def test_a_point_on_a_great_arc_in_closed_form() -> None:
    start, end = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 4.0]])
    half = slerp(start, end, torch.tensor([[0.5]]))
    assert half[0].tolist() == pytest.approx([3 / math.sqrt(2)] * 2, rel=1e-5)
    third = slerp(start, start * 2, torch.tensor([[0.5]]))
    assert third[0].tolist() == pytest.approx([3.0, 0.0])
    opposite = slerp(start, -start, torch.tensor([[0.25]]))
    assert opposite[0].tolist() == pytest.approx([1.0, 0.0])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load(train(tiny("gan-ring8"), out=tmp_path_factory.mktemp("ring") / "run"))


def test_ways_begin_and_end_at_latents_and_each_goes_on_where_the_last_one_ended(model: Model) -> None:
    ends = model.latents(4, 5)
    way = interpolations(model, 3, 5, columns=7)
    assert way.columns == 7
    z = way.latents.reshape(3, 7, -1)
    torch.testing.assert_close(z[:, 0], ends[:-1])
    torch.testing.assert_close(z[:, -1], ends[1:])
    lengths = z.norm(dim=2)
    torch.testing.assert_close(lengths, torch.lerp(lengths[:, :1], lengths[:, -1:], torch.linspace(0, 1, 7)))


def test_directions_are_the_right_singular_vectors_of_the_first_layer(model: Model) -> None:
    found = directions(model)
    size = model.latent.size
    torch.testing.assert_close(found @ found.T, torch.eye(size), atol=1e-5, rtol=0)
    weight = model.networks["G"].layers[0].weight  # type: ignore[index, union-attr]
    gains = (weight @ found.T).norm(dim=0)
    torch.testing.assert_close(gains, torch.linalg.svdvals(weight)[:size], atol=1e-4, rtol=1e-3)
    moved = direction_arrangement(model, 2, 1, columns=3, reach=2.0).latents.reshape(2, 3, size)
    torch.testing.assert_close(moved[:, 2] - moved[:, 0], 4 * found[:2])
    torch.testing.assert_close(moved[0, 1], model.latents(1, 1)[0])


@pytest.mark.parametrize("picture", ["interpolations", "directions"])
def test_both_are_pictures(model: Model, picture: str, tmp_path: Path) -> None:
    write_picture(model, tmp_path / "p.png", picture, 2, 0)  # type: ignore[arg-type]
    assert (tmp_path / "p.png").read_bytes()
