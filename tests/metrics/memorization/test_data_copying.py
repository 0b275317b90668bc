"""The two tests of copying: SciPy's numbers, planted copies, and what must not be taken for copying."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ganbench.metrics.memorization.data_copying import (
    Distances,
    hypergeometric_tail,
    mann_whitney_z,
    near_copies,
    three_sample_test,
)


@given(
    st.lists(st.integers(0, 9), min_size=2, max_size=30), st.lists(st.integers(0, 9), min_size=2, max_size=30)
)
def test_mann_whitneys_z_is_scipys(a, b):
    z = mann_whitney_z(torch.tensor(a).float(), torch.tensor(b).float())
    if len({*a, *b}) == 1:
        assert z == 0
        return
    p = stats.mannwhitneyu(a, b, alternative="less", use_continuity=False, method="asymptotic").pvalue
    assert stats.norm.cdf(z) == pytest.approx(p, abs=1e-9)


@given(st.data())
def test_the_hypergeometric_tail_is_scipys(data):
    total = data.draw(st.integers(1, 3000))
    marked, drawn = (data.draw(st.integers(0, total)) for _ in range(2))
    found = data.draw(st.integers(0, drawn))
    expected = stats.hypergeom.sf(found - 1, total, marked, drawn)
    assert hypergeometric_tail(found, drawn, marked, total) == pytest.approx(expected, rel=1e-8, abs=1e-12)


def placed(samples: torch.Tensor, train: torch.Tensor, held_out: torch.Tensor) -> Distances:
    """Where points on a line lie; cells are tens."""
    to_train, to_held_out = ((samples[:, None] - x[None]).abs().min(1) for x in (train, held_out))
    return Distances(
        training=len(train),
        to_train=to_train.values,
        nearest_train=to_train.indices,
        to_held_out=to_held_out.values,
        nearest_held_out=to_held_out.indices,
        between=(held_out[:, None] - train[None]).abs().min(1).values,
        cells=(samples / 250).long(),
        held_out_cells=(held_out / 250).long(),
    )


def uniform(seed: int, *counts: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [1000 * torch.rand(count, generator=generator, dtype=torch.float64) for count in counts]


@pytest.mark.parametrize("seed", range(3))
def test_five_in_a_hundred_copies_are_seen_and_counted(seed):
    samples, train, held_out = uniform(seed, 1000, 2000, 1000)
    samples[:50] = train[:50]
    found = near_copies(placed(samples, train, held_out))
    assert found.p < 1e-3
    assert found.share == pytest.approx(0.06, abs=0.02)
    assert found.interval[0] < 0.05 < found.interval[1]


def test_of_honest_samples_each_p_is_below_5_in_a_hundred_about_that_often():
    near, three, share = 0, 0, 0
    for seed in range(200):
        found = placed(*uniform(seed, 400, 600, 400))
        copies = near_copies(found, 0.1)
        near, share = near + (copies.p < 0.05), share + (copies.share_p < 0.05)
        three += three_sample_test(found).p < 0.05
    assert near <= 16
    assert 2 <= share <= 20
    assert 2 <= three <= 20


def test_samples_that_lie_near_everything_are_no_copies_for_the_test_that_decides():
    samples, train, held_out = uniform(0, 1000, 2000, 1000)
    both = torch.cat([train, held_out])[torch.randperm(3000, generator=torch.Generator().manual_seed(1))]
    samples = both[:1000] + 1e-3  # as near to held-out as to training ones
    found = placed(samples, train, held_out)
    assert three_sample_test(found).p < 1e-6, "the three-sample test is misled"
    copies = near_copies(found)
    assert copies.share_p < 1e-6
    assert copies.p > 0.05
    assert copies.pictures > 900


def test_many_samples_at_one_training_picture_are_one_event():
    _, train, held_out = uniform(0, 0, 2000, 1000)
    found = near_copies(placed(train[:1].repeat(500), train, held_out))
    assert (found.train, found.pictures) == (500, 1)
    assert found.p == found.least_p == pytest.approx(2 / 3)


def test_samples_equally_far_from_both_sides_tell_nothing():
    samples, train, held_out = uniform(0, 100, 200, 100)
    found = placed(samples, train, held_out)
    tied = dataclasses.replace(found, to_held_out=found.to_train)
    assert (near_copies(tied).pictures, near_copies(tied).p) == (0, 1)


def test_c_t_of_one_cell_is_u_and_of_none_says_nothing():
    found = placed(*uniform(3, 300, 600, 200))
    one = dataclasses.replace(found, cells=found.cells * 0, held_out_cells=found.held_out_cells * 0)
    three = three_sample_test(one)
    assert three.statistic == pytest.approx(mann_whitney_z(found.to_train, found.between))
    assert three.p == pytest.approx(stats.norm.cdf(three.statistic))
    empty = dataclasses.replace(found, cells=torch.arange(300), held_out_cells=torch.arange(200))
    assert dataclasses.astuple(three_sample_test(empty)) == (0, 0.5, 0)
