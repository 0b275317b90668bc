"""Mode coverage: by hand, against a plain loop, on true mixtures, and errors."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.stand_ins import MemoryDataset, Mixture

from ganbench.errors import UserError
from ganbench.metrics.coverage.mode_coverage import ModeCoverage, Modes, expected_share, mode_coverage
from ganbench.metrics.intervals import wilson_interval
from ganbench.metrics.measure import measure
from ganbench.metrics.score import Score

CORNERS = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])


def _mixture(centres: torch.Tensor, std: float, count: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    mode = torch.randint(len(centres), (count,), generator=generator)
    return centres[mode] + std * torch.randn(count, centres.shape[1], generator=generator)


def test_high_quality_ends_at_exactly_three_standard_deviations():
    samples = torch.tensor([[3.0, 0.0], [3.001, 0.0], [2.2, 2.2], [10.0, 7.0], [5.0, 5.0]])
    coverage = mode_coverage(samples, CORNERS, 1.0)
    assert coverage.counts == (1, 0, 0, 1)
    assert coverage.high_quality == pytest.approx(2 / 5)
    assert (coverage.captured, coverage.modes, coverage.samples) == (2, 4, 5)


def test_each_mode_can_have_its_own_standard_deviation():
    samples = torch.tensor([[2.0, 0.0], [10.0, 2.0], [0.0, 10.0]])
    coverage = mode_coverage(samples, CORNERS, torch.tensor([0.5, 1.0, 1.0, 1.0]))
    assert coverage.counts == (0, 1, 1, 0)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 6), st.integers(1, 4), st.floats(0.05, 2))
def test_counts_match_a_plain_loop(seed, count, modes, dims, std):
    generator = np.random.default_rng(seed)
    samples, centres = generator.normal(size=(count, dims)) * 2, generator.normal(size=(modes, dims)) * 2
    counts = [0] * modes
    for sample in samples:
        distances = [math.dist(sample, centre) for centre in centres]
        nearest = min(range(modes), key=distances.__getitem__)
        counts[nearest] += distances[nearest] <= 3 * std
    coverage = mode_coverage(torch.from_numpy(samples), torch.from_numpy(centres), std)
    assert coverage.counts == tuple(counts)
    assert coverage.captured == np.count_nonzero(counts)
    assert coverage.high_quality == pytest.approx(sum(counts) / count)
    if sum(counts) == 0:
        assert coverage.divergence is None
    else:
        assert coverage.divergence == pytest.approx(scipy.stats.entropy(counts, [1] * modes), abs=1e-12)


@pytest.mark.parametrize("dims", [1, 2, 3, 10])
def test_the_expected_share_matches_the_chi_square_distribution(dims):
    assert expected_share(dims) == pytest.approx(scipy.stats.chi2.cdf(9, dims), abs=1e-12)
    assert expected_share(2) == pytest.approx(1 - math.exp(-4.5), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_a_true_mixture_has_all_modes_and_the_expected_share(seed):
    coverage = mode_coverage(_mixture(CORNERS, 0.5, 2500, seed), CORNERS, 0.5)
    assert coverage.captured == coverage.captured_tenth == 4
    assert coverage.high_quality == pytest.approx(
        coverage.expected_share, abs=5 * math.sqrt(0.989 * 0.011 / 2500)
    )
    assert coverage.divergence is not None
    assert 0 <= coverage.divergence < 0.005


def test_a_single_sample_captures_a_mode_but_not_by_the_stricter_count():
    samples = torch.cat([CORNERS[:1].expand(999, 2), CORNERS[1:2]])
    coverage = mode_coverage(samples, CORNERS, 0.5)
    assert (coverage.captured, coverage.captured_tenth) == (2, 1)
    tenth = 1000 * coverage.expected_share / 4 / 10
    barely = ModeCoverage(
        samples=1000,
        counts=(math.ceil(tenth), math.floor(tenth), 0, 0),
        expected_share=coverage.expected_share,
    )
    assert barely.captured_tenth == 1


def test_the_divergence_of_a_collapse_is_the_log_of_the_number_of_modes():
    coverage = mode_coverage(CORNERS[2:3].expand(50, 2), CORNERS, 0.5)
    assert coverage.captured == 1
    assert coverage.divergence == pytest.approx(math.log(4))
    assert mode_coverage(CORNERS.repeat(5, 1), CORNERS, 0.5).divergence == pytest.approx(0, abs=1e-12)


def test_non_finite_samples_are_counted_and_never_of_high_quality():
    samples = torch.tensor([[0.0, 0.0], [math.nan, 0.0], [0.0, math.inf]])
    coverage = mode_coverage(samples, CORNERS, 1.0)
    assert (coverage.not_finite, coverage.samples, sum(coverage.counts)) == (2, 3, 1)


def test_small_distances_far_from_zero_are_exact():
    centres = torch.tensor([[1e6, 0.0], [1e6 + 1, 0.0]], dtype=torch.float64)
    samples = centres.repeat(40, 1) + torch.tensor([0.02, 0.0])
    assert mode_coverage(samples, centres, 0.0067).counts == (40, 40)
    assert mode_coverage(samples, centres, 0.0066).counts == (0, 0)


@pytest.mark.parametrize(
    ("samples", "centres", "std", "message"),
    [
        (torch.zeros(0, 2), CORNERS, 1.0, "N > 0"),
        (torch.zeros(4), CORNERS, 1.0, "N > 0"),
        (torch.zeros(4, 3), CORNERS, 1.0, r"\[4, 3\] and centres \[4, 2\]"),
        (torch.zeros(4, 2), torch.zeros(0, 2), 1.0, r"centres \[0, 2\]"),
        (torch.zeros(4, 2), CORNERS, 0.0, "positive"),
        (torch.zeros(4, 2), CORNERS, math.nan, "positive"),
        (torch.zeros(4, 2), CORNERS, torch.ones(3), "each of 4 modes"),
    ],
)
def test_invalid_arguments_are_refused(samples, centres, std, message):
    with pytest.raises(ValueError, match=message):
        mode_coverage(samples, centres, std)


def test_the_score_over_batches_and_its_record():
    samples = _mixture(CORNERS[:3], 0.5, 2500)
    samples[7] = math.nan
    score = measure((Modes(),), samples.split(999), Mixture(CORNERS, 0.5))[0]
    coverage = mode_coverage(samples, CORNERS, 0.5)
    assert (score.name, score.value, score.better) == ("modes", 3.0, "higher")
    assert score.details == {
        "modes": 4,
        "captured_tenth": 3,
        "high_quality": coverage.high_quality,
        "high_quality_interval_95": wilson_interval(coverage.high_quality, 2500),
        "expected_high_quality": coverage.expected_share,
        "captured_by_resamples_95": [3, 3],
        "kl_to_uniform_nats": coverage.divergence,
        "counts": list(coverage.counts),
        "not_finite": 1,
    }
    assert score.measured["samples"] == 2500
    assert score.measured["reference"]["std"] == [0.5]
    assert score.measured["reference"]["fingerprint"] == "f1"
    assert Score.from_dict(json.loads(json.dumps(score.to_dict()))) == score


def test_the_standard_deviations_of_modes_take_precedence():
    reference = Mixture(CORNERS, 1.0)
    reference.stds = torch.tensor([0.1, 1.0, 1.0, 1.0])
    samples = (CORNERS + torch.tensor([0.5, 0.0])).repeat(100, 1)
    assert measure((Modes(),), [samples], reference)[0].value == 3
    del reference.stds
    assert measure((Modes(),), [samples], reference)[0].value == 4


def test_samples_without_any_finite_one_still_get_a_score():
    score = measure((Modes(),), [torch.full((300, 2), math.nan)], Mixture(CORNERS, 0.5))[0]
    assert score.value == 0
    assert score.details["kl_to_uniform_nats"] is None
    assert json.loads(json.dumps(score.to_dict()))["details"]["not_finite"] == 300


def test_more_modes_need_more_samples():
    reference = Mixture(torch.arange(100.0).reshape(50, 2), 0.5)
    with pytest.raises(UserError, match="10 samples per mode, 500 for 'mixture', not 499"):
        measure((Modes(),), [torch.zeros(499, 2)], reference)[0]
    assert measure((Modes(),), [torch.zeros(500, 2)], reference)[0].value == 1


def test_a_reference_without_modes_is_refused():
    with pytest.raises(UserError, match="'held' has none; use a mixture of Gaussians"):
        measure((Modes(),), [torch.zeros(300, 2)], MemoryDataset(torch.zeros(9, 2)))[0]
