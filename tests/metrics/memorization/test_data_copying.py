"""The two tests of data copying: against SciPy, on planted copies and on honest samples."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ganbench.metrics.memorization.data_copying import (
    SampleDistances,
    hypergeometric_tail,
    mann_whitney_z,
    near_copies,
    three_sample_test,
)


@given(
    st.lists(st.integers(0, 9), min_size=2, max_size=30), st.lists(st.integers(0, 9), min_size=2, max_size=30)
)
def test_mann_whitney_z_matches_scipy(a, b):
    z = mann_whitney_z(torch.tensor(a).float(), torch.tensor(b).float())
    if len({*a, *b}) == 1:
        assert z == 0
        return
    p = stats.mannwhitneyu(a, b, alternative="less", use_continuity=False, method="asymptotic").pvalue
    assert stats.norm.cdf(z) == pytest.approx(p, abs=1e-9)


@given(st.data())
def test_hypergeometric_tail_matches_scipy(data):
    total = data.draw(st.integers(1, 3000))
    marked, draws = (data.draw(st.integers(0, total)) for _ in range(2))
    successes = data.draw(st.integers(0, draws))
    expected = stats.hypergeom.sf(successes - 1, total, marked, draws)
    assert hypergeometric_tail(successes, draws, marked, total) == pytest.approx(
        expected, rel=1e-8, abs=1e-12
    )


def line_distances(samples: torch.Tensor, train: torch.Tensor, held_out: torch.Tensor) -> SampleDistances:
    """The distances of points on a line, in cells of length 250."""
    to_train, to_held_out = ((samples[:, None] - x[None]).abs().min(1) for x in (train, held_out))
    return SampleDistances(
        training_images=len(train),
        to_train=to_train.values,
        nearest_train=to_train.indices,
        to_held_out=to_held_out.values,
        nearest_held_out=to_held_out.indices,
        held_out_to_train=(held_out[:, None] - train[None]).abs().min(1).values,
        cells=(samples / 250).long(),
        held_out_cells=(held_out / 250).long(),
    )


def uniform(seed: int, *counts: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [1000 * torch.rand(count, generator=generator, dtype=torch.float64) for count in counts]


@pytest.mark.parametrize("seed", range(3))
def test_5_percent_of_copies_are_detected_and_estimated(seed):
    samples, train, held_out = uniform(seed, 1000, 2000, 1000)
    samples[:50] = train[:50]
    copies = near_copies(line_distances(samples, train, held_out))
    assert copies.p < 1e-3
    assert copies.share == pytest.approx(0.06, abs=0.02)
    assert copies.interval[0] < 0.05 < copies.interval[1]


def test_p_values_of_honest_samples_are_calibrated():
    near, three, share = 0, 0, 0
    for seed in range(200):
        distances = line_distances(*uniform(seed, 400, 600, 400))
        copies = near_copies(distances, 0.1)
        near, share = near + (copies.p < 0.05), share + (copies.share_p < 0.05)
        three += three_sample_test(distances).p < 0.05
    assert near <= 16
    assert 2 <= share <= 20
    assert 2 <= three <= 20


def test_samples_near_both_sides_are_not_copies():
    samples, train, held_out = uniform(0, 1000, 2000, 1000)
    both = torch.cat([train, held_out])[torch.randperm(3000, generator=torch.Generator().manual_seed(1))]
    samples = both[:1000] + 1e-3  # as close to held-out as to training points
    distances = line_distances(samples, train, held_out)
    assert three_sample_test(distances).p < 1e-6, "the three-sample test is misled"
    copies = near_copies(distances)
    assert copies.share_p < 1e-6
    assert copies.p > 0.05
    assert copies.images > 900


def test_many_samples_at_one_training_image_are_one_event():
    _, train, held_out = uniform(0, 0, 2000, 1000)
    copies = near_copies(line_distances(train[:1].repeat(500), train, held_out))
    assert (copies.train_samples, copies.images) == (500, 1)
    assert copies.p == copies.min_p == pytest.approx(2 / 3)


def test_samples_equally_far_from_both_sides_do_not_count():
    samples, train, held_out = uniform(0, 100, 200, 100)
    distances = line_distances(samples, train, held_out)
    tied = dataclasses.replace(distances, to_held_out=distances.to_train)
    assert (near_copies(tied).images, near_copies(tied).p) == (0, 1)


def test_c_t_of_one_cell_and_without_any_cell():
    distances = line_distances(*uniform(3, 300, 600, 200))
    one = dataclasses.replace(
        distances, cells=distances.cells * 0, held_out_cells=distances.held_out_cells * 0
    )
    three = three_sample_test(one)
    assert three.statistic == pytest.approx(mann_whitney_z(distances.to_train, distances.held_out_to_train))
    assert three.p == pytest.approx(stats.norm.cdf(three.statistic))
    empty = dataclasses.replace(distances, cells=torch.arange(300), held_out_cells=torch.arange(200))
    assert dataclasses.astuple(three_sample_test(empty)) == (0, 0.5, 0)
