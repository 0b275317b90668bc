"""One-dimensional distances: closed forms, brute force, SciPy, and errors."""

from __future__ import annotations

import json
import math

import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.stand_ins import MemoryDataset

from ganbench.data.toy import mixture1d
from ganbench.errors import UserError
from ganbench.metrics.distances.one_dimension import (
    OneDimensionalDistance,
    kolmogorov_smirnov,
    noise_floors,
    wasserstein_1,
)
from ganbench.metrics.measure import measure
from ganbench.metrics.registry import create_metric
from ganbench.metrics.score import Score

NUMBERS = st.lists(st.integers(-20, 20).map(lambda i: i / 4), min_size=1, max_size=12)


def _normal(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("shift", [-2.5, 0.0, 1e-3, 7.0])
def test_the_distance_of_shifted_numbers_is_the_shift(shift: float) -> None:
    numbers = _normal(501)
    assert wasserstein_1(numbers + shift, numbers) == pytest.approx(abs(shift), abs=1e-12)


def test_scaled_numbers_move_by_their_mean_distance_from_the_centre() -> None:
    numbers = _normal(400).sort().values
    expected = float((3 * numbers - numbers).abs().mean())
    assert wasserstein_1(3 * numbers, numbers) == pytest.approx(expected, abs=1e-12)


def test_the_distance_of_a_point_is_the_mean_absolute_difference() -> None:
    numbers = _normal(77)
    assert wasserstein_1(torch.tensor([0.3]), numbers) == pytest.approx(float((numbers - 0.3).abs().mean()))


def test_repeated_numbers_have_distance_0() -> None:
    numbers = _normal(30)
    for other in (numbers, numbers.flip(0), numbers.repeat(7)):
        assert kolmogorov_smirnov(numbers, other) == pytest.approx(0, abs=1e-12)
        assert wasserstein_1(numbers, other) == pytest.approx(0, abs=1e-12)
    assert kolmogorov_smirnov(numbers, numbers) == wasserstein_1(numbers, numbers) == 0


def test_disjoint_numbers_have_distance_1() -> None:
    assert kolmogorov_smirnov(_normal(10) - 50, _normal(23, 1) + 50) == 1
    assert (
        kolmogorov_smirnov(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 2.0])) == 0.5
    )  # a tie is no difference


def _brute(a: list[float], b: list[float]) -> tuple[float, float]:
    """Repeat both until they have equal counts and match them in order; compare the shares at every number."""
    long = math.lcm(len(a), len(b))
    first, second = (sorted(x for x in v for _ in range(long // len(v))) for v in (a, b))
    moved = sum(abs(x - y) for x, y in zip(first, second, strict=True)) / long

    def share(values: list[float], at: float) -> float:
        return sum(v <= at for v in values) / len(values)

    return moved, max(abs(share(a, at) - share(b, at)) for at in a + b)


@pytest.mark.filterwarnings("ignore::RuntimeWarning:scipy")  # about p-values, which are unused
@given(NUMBERS, NUMBERS)
def test_both_agree_with_brute_force_and_scipy(a: list[float], b: list[float]) -> None:
    first, second = torch.tensor(a, dtype=torch.float64), torch.tensor(b, dtype=torch.float64)
    moved, largest = _brute(a, b)
    assert wasserstein_1(first, second) == pytest.approx(moved, abs=1e-12)
    assert kolmogorov_smirnov(first, second) == pytest.approx(largest, abs=1e-12)
    assert moved == pytest.approx(scipy.stats.wasserstein_distance(a, b), abs=1e-12)
    assert largest == pytest.approx(scipy.stats.ks_2samp(a, b, method="asymp").statistic, abs=1e-12)
    assert wasserstein_1(first, second) == pytest.approx(wasserstein_1(second, first), abs=1e-12)


@pytest.mark.parametrize("bad", [torch.zeros(0), torch.zeros(3, 1), torch.tensor([1.0, math.nan])])
@pytest.mark.parametrize("distance", [wasserstein_1, kolmogorov_smirnov])
def test_invalid_arguments_raise_errors(distance, bad: torch.Tensor) -> None:
    for pair in ((bad, torch.zeros(2)), (torch.zeros(2), bad)):
        with pytest.raises(ValueError, match="finite numbers"):
            distance(*pair)


@pytest.mark.parametrize(("name", "distance"), [("w1", wasserstein_1), ("ks", kolmogorov_smirnov)])
def test_the_metric_compares_all_samples_with_all_items(name: str, distance) -> None:
    data, samples = mixture1d(points=500), _normal(700).float()[:, None]
    score = measure((create_metric(name),), samples.split(299), data)[0]
    assert (score.name, score.better) == (name, "lower")
    assert score.value == pytest.approx(distance(samples[:, 0], data.points[:, 0]))
    assert score.measured["samples"] == 700
    assert score.measured["reference"]["items"] == 1000
    floors = noise_floors(data.points[:, 0], 700, distance)
    assert score.details["real_against_real"] == pytest.approx(sum(floors) / 20)
    assert score.details["real_against_real_worst"] == max(floors)
    assert score.details["real_against_real_worst"] < score.value / 2
    assert score.details["real_mean"] == pytest.approx(-0.25, abs=0.1)
    assert score.details["sample_std"] == pytest.approx(1, abs=0.1)
    assert Score.from_dict(json.loads(json.dumps(score.to_dict()))) == score


def test_the_noise_floor_is_that_of_two_independent_samples() -> None:
    data = mixture1d().points[:, 0]
    floors = noise_floors(data, 5000, kolmogorov_smirnov)
    assert len(set(floors)) > 10
    scale = math.sqrt(1 / 5000 + 1 / 15_000)  # the mean of Kolmogorov's distribution is 0.8687 of it
    assert sum(floors) / len(floors) == pytest.approx(0.8687 * scale, rel=0.2)
    assert floors == noise_floors(data, 5000, kolmogorov_smirnov)


def test_samples_of_the_data_score_near_the_noise_floor() -> None:
    samples = mixture1d(points=2500, seed=5).points
    score = measure((create_metric("w1"),), [samples], mixture1d())[0]
    assert score.value < 1.5 * score.details["real_against_real_worst"]


def test_few_real_items_still_score() -> None:
    samples = torch.zeros(300, 1)
    one, three = (
        measure((create_metric("w1"),), [samples], MemoryDataset(torch.ones(n, 1)))[0] for n in (1, 3)
    )
    assert one.value == three.value == 1
    assert one.details["real_against_real"] is None
    assert three.details["real_against_real"] == 0


def test_unsuitable_samples_raise_errors() -> None:
    metric = OneDimensionalDistance("w1", wasserstein_1)
    with pytest.raises(UserError, match=r"'w1' judges single numbers.* 'held' have shape \[2\]; use 'modes'"):
        measure((metric,), [torch.zeros(300, 2)], MemoryDataset(torch.zeros(9, 2)))[0]
    with pytest.raises(
        UserError, match="needs at least 250 samples, not 249; it is usually measured on 5,000"
    ):
        measure((metric,), [torch.zeros(249, 1)], MemoryDataset(torch.zeros(9, 1)))[0]
    samples = torch.zeros(300, 1)
    samples[[3, 5], 0] = torch.tensor([math.nan, math.inf])
    with pytest.raises(UserError, match="'w1': 2 of 300 samples are not finite"):
        measure((metric,), [samples], MemoryDataset(torch.zeros(9, 1)))[0]
