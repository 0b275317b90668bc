from __future__ import annotations

import pytest
import torch

from ganbench.data.toy import GaussianMixture, grid25, grid25_narrow, mixture1d, ring8, ring8_narrow
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


def all_indices(points: GaussianMixture) -> torch.Tensor:
    return torch.arange(len(points))


def test_ring8_has_its_modes_on_the_circle() -> None:
    ring = ring8()
    assert ring.info.size == 3200
    assert torch.allclose(ring.modes.norm(dim=1), torch.tensor(10.0))
    assert torch.allclose(ring.modes[1], torch.tensor([7.0711, 7.0711]), atol=1e-3)
    assert (ring.info.low, ring.info.high) == (-15.0, 15.0)
    assert torch.allclose(ring.info.from_data(ring.modes)[0], torch.tensor([2 / 3, 0.0]))


def test_grid25_has_its_modes_on_the_grid() -> None:
    grid = grid25()
    assert grid.info.size == 10_000
    assert {tuple(mode) for mode in grid.modes.tolist()} == {
        (x, y) for x in (-10, -5, 0, 5, 10) for y in (-10, -5, 0, 5, 10)
    }


def test_the_narrow_mixtures_are_those_of_pacgan() -> None:
    ring, grid = ring8_narrow(), grid25_narrow()
    assert ring.info.size == grid.info.size == 100_000
    assert torch.allclose(ring.modes.norm(dim=1), torch.tensor(1.0))
    assert ring.std == pytest.approx(0.01)
    assert (ring.info.low, ring.info.high) == (-1.5, 1.5)
    assert {tuple(mode) for mode in grid.modes.tolist()} == {
        (x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)
    }
    assert grid.std == pytest.approx(0.05)
    assert (grid.info.low, grid.info.high) == (-6.0, 6.0)


@pytest.mark.parametrize(
    "points", [ring8(points=4000), grid25(points=4000), mixture1d(), ring8_narrow(), grid25_narrow()]
)
def test_points_lie_around_their_modes(points: GaussianMixture) -> None:
    index = all_indices(points)
    offsets = points.items(index) - points.modes[points.labels(index)]
    for mode, std in enumerate(points.stds.tolist()):
        offset = offsets[points.labels(index) == mode]
        assert offset.std().item() == pytest.approx(std, rel=0.05)
        assert offset.mean(0).abs().max().item() < 0.1 * std


def test_mixture1d_has_a_fixed_range() -> None:
    mixture = mixture1d()
    assert mixture.info.size == 20_000
    assert mixture.info.shape == (1,)
    assert {(mixture1d(seed=s).info.low, mixture1d(seed=s).info.high) for s in range(3)} == {(-3.0, 3.0)}
    assert mixture.labels(all_indices(mixture)).bincount().tolist() == [10_000, 10_000]
    assert mixture.items(all_indices(mixture)).abs().max() < 3


def test_batches_are_the_stored_points_normalised() -> None:
    ring = ring8()
    index = torch.tensor([0, 401, 3199])
    batch = ring.batch(index, RandomStream("b"))
    assert torch.allclose(ring.info.to_data(batch.x), ring.items(index), atol=1e-5)
    assert batch.y is not None
    assert batch.y.tolist() == [0, 1, 7]


def test_fresh_batches_differ_but_keep_their_modes() -> None:
    ring = ring8(fresh=True)
    index = torch.arange(0, 3200, 10)
    one, other = ring.batch(index, RandomStream(1)), ring.batch(index, RandomStream(2))
    assert not torch.isclose(one.x, other.x).all(1).any()
    for batch in (one, other):
        nearest = torch.cdist(ring.info.to_data(batch.x), ring.modes).argmin(1)
        assert torch.equal(nearest, ring.labels(index))
    assert torch.equal(ring.items(index), ring8().items(index))


def test_the_splits_have_different_points() -> None:
    train, test = ring8(), ring8(split="test")
    assert torch.equal(train.modes, test.modes)
    assert not (train.points == test.points).all(1).any()


def test_invalid_arguments_are_refused() -> None:
    with pytest.raises(UserError, match="points"):
        ring8(points=0)
    with pytest.raises(UserError, match="std"):
        grid25(std=0.0)
    with pytest.raises(UserError, match="radius"):
        ring8(radius=-1.0)
    with pytest.raises(UserError, match="did you mean 'train'"):
        ring8(split="trian")  # type: ignore[arg-type]
