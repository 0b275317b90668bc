"""Counting modes: by hand, against a plain loop, on true mixtures, and what is refused."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.stand_ins import Held, Mixture

from ganbench.errors import UserError
from ganbench.metrics.coverage.mode_coverage import ModeCoverage, Modes, expected_share, mode_coverage
from ganbench.metrics.intervals import of_share
from ganbench.metrics.measure import measure
from ganbench.metrics.score import Score

CORNERS = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])


def _mixture(centres: torch.Tensor, std: float, count: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    mode = torch.randint(len(centres), (count,), generator=generator)
    return centres[mode] + std * torch.randn(count, centres.shape[1], generator=generator)


def test_three_standard_deviations_are_in_and_a_hair_more_is_out():
    samples = torch.tensor([[3.0, 0.0], [3.001, 0.0], [2.2, 2.2], [10.0, 7.0], [5.0, 5.0]])
    found = mode_coverage(samples, CORNERS, 1.0)
    assert found.counts == (1, 0, 0, 1)
    assert found.high_quality == pytest.approx(2 / 5)
    assert (found.captured, found.modes, found.samples) == (2, 4, 5)


def test_each_mode_may_have_its_own_deviation():
    samples = torch.tensor([[2.0, 0.0], [10.0, 2.0], [0.0, 10.0]])
    found = mode_coverage(samples, CORNERS, torch.tensor([0.5, 1.0, 1.0, 1.0]))
    assert found.counts == (0, 1, 1, 0)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 6), st.integers(1, 4), st.floats(0.05, 2))
def test_it_counts_as_a_plain_loop_does(seed, count, modes, dims, std):
    generator = np.random.default_rng(seed)
    samples, centres = generator.normal(size=(count, dims)) * 2, generator.normal(size=(modes, dims)) * 2
    counts = [0] * modes
    for sample in samples:
        distances = [math.dist(sample, centre) for centre in centres]
        nearest = min(range(modes), key=distances.__getitem__)
        counts[nearest] += distances[nearest] <= 3 * std
    found = mode_coverage(torch.from_numpy(samples), torch.from_numpy(centres), std)
    assert found.counts == tuple(counts)
    assert found.captured == np.count_nonzero(counts)
    assert found.high_quality == pytest.approx(sum(counts) / count)
    if sum(counts) == 0:
        assert found.divergence is None
    else:
        assert found.divergence == pytest.approx(scipy.stats.entropy(counts, [1] * modes), abs=1e-12)


@pytest.mark.parametrize("dims", [1, 2, 3, 10])
def test_the_expected_share_is_that_of_the_chi_square(dims):
    assert expected_share(dims) == pytest.approx(scipy.stats.chi2.cdf(9, dims), abs=1e-12)
    assert expected_share(2) == pytest.approx(1 - math.exp(-4.5), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_a_true_mixture_has_all_modes_and_the_expected_share(seed):
    found = mode_coverage(_mixture(CORNERS, 0.5, 2500, seed), CORNERS, 0.5)
    assert found.captured == found.captured_tenth == 4
    assert found.high_quality == pytest.approx(found.expected_share, abs=5 * math.sqrt(0.989 * 0.011 / 2500))
    assert found.divergence is not None
    assert 0 <= found.divergence < 0.005


def test_one_lucky_sample_captures_a_mode_but_not_by_the_stricter_count():
    samples = torch.cat([CORNERS[:1].expand(999, 2), CORNERS[1:2]])
    found = mode_coverage(samples, CORNERS, 0.5)
    assert (found.captured, found.captured_tenth) == (2, 1)
    tenth = 1000 * found.expected_share / 4 / 10
    just = ModeCoverage(
        samples=1000, counts=(math.ceil(tenth), math.floor(tenth), 0, 0), expected_share=found.expected_share
    )
    assert just.captured_tenth == 1


def test_a_collapse_to_one_mode_diverges_by_the_log_of_their_number():
    found = mode_coverage(CORNERS[2:3].expand(50, 2), CORNERS, 0.5)
    assert found.captured == 1
    assert found.divergence == pytest.approx(math.log(4))
    assert mode_coverage(CORNERS.repeat(5, 1), CORNERS, 0.5).divergence == pytest.approx(0, abs=1e-12)


def test_samples_that_are_not_finite_are_counted_and_never_good():
    samples = torch.tensor([[0.0, 0.0], [math.nan, 0.0], [0.0, math.inf]])
    found = mode_coverage(samples, CORNERS, 1.0)
    assert (found.not_finite, found.samples, sum(found.counts)) == (2, 3, 1)


def test_far_from_zero_small_distances_are_still_exact():
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
def test_impossible_arguments_are_refused(samples, centres, std, message):
    with pytest.raises(ValueError, match=message):
        mode_coverage(samples, centres, std)


def test_the_metric_counts_over_chunks_and_says_how_it_measured():
    samples = _mixture(CORNERS[:3], 0.5, 2500)
    samples[7] = math.nan
    score = measure((Modes(),), samples.split(999), Mixture(CORNERS, 0.5))[0]
    whole = mode_coverage(samples, CORNERS, 0.5)
    assert (score.name, score.value, score.better) == ("modes", 3.0, "higher")
    assert score.details == {
        "modes": 4,
        "captured_tenth": 3,
        "high_quality": whole.high_quality,
        "high_quality_interval_95": of_share(sum(whole.counts), 2500),
        "expected_high_quality": whole.expected_share,
        "captured_by_resamples_95": [3, 3],
        "kl_to_uniform_nats": whole.divergence,
        "counts": list(whole.counts),
        "not_finite": 1,
    }
    assert score.measured["samples"] == 2500
    assert score.measured["reference"]["std"] == [0.5]
    assert score.measured["reference"]["fingerprint"] == "f1"
    assert Score.from_dict(json.loads(json.dumps(score.to_dict()))) == score


def test_the_metric_prefers_the_deviations_of_each_mode():
    reference = Mixture(CORNERS, 1.0)
    reference.stds = torch.tensor([0.1, 1.0, 1.0, 1.0])
    samples = (CORNERS + torch.tensor([0.5, 0.0])).repeat(100, 1)
    assert measure((Modes(),), [samples], reference)[0].value == 3
    del reference.stds
    assert measure((Modes(),), [samples], reference)[0].value == 4


def test_a_generator_of_nothing_but_noise_still_gets_a_score():
    score = measure((Modes(),), [torch.full((300, 2), math.nan)], Mixture(CORNERS, 0.5))[0]
    assert score.value == 0
    assert score.details["kl_to_uniform_nats"] is None
    assert json.loads(json.dumps(score.to_dict()))["details"]["not_finite"] == 300


def test_many_modes_ask_for_more_samples():
    reference = Mixture(torch.arange(100.0).reshape(50, 2), 0.5)
    with pytest.raises(UserError, match="10 samples a mode, 500 for 'mixture', not 499"):
        measure((Modes(),), [torch.zeros(499, 2)], reference)[0]
    assert measure((Modes(),), [torch.zeros(500, 2)], reference)[0].value == 1


def test_a_set_that_knows_no_modes_is_refused():
    with pytest.raises(UserError, match="'held' does not; use a mixture of Gaussians"):
        measure((Modes(),), [torch.zeros(300, 2)], Held(torch.zeros(9, 2)))[0]
