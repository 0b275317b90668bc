"""Precision, recall, density and coverage: known modes, brute force, torch-fidelity."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.stand_ins import MemoryDataset, Projection

from ganbench.errors import UserError
from ganbench.metrics.coverage import prdc as neighbour_metric
from ganbench.metrics.coverage.prdc import (
    DensityCoverage,
    PrecisionRecall,
    density_and_coverage,
    expected_coverage,
    precision_and_recall,
)
from ganbench.metrics.features import neighbours
from ganbench.metrics.features.neighbours import count_neighbourhoods
from ganbench.metrics.measure import measure


def _clusters(modes: list[int], each: int, seed: int) -> torch.Tensor:
    """Round unit Gaussians in the plane, 20 apart, one for each number."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.tensor([[20.0 * mode, 0.0] for mode in modes])
    return (centres[:, None] + torch.randn(len(modes), each, 2, generator=generator)).flatten(0, 1)


def _all_metrics(real: torch.Tensor, fake: torch.Tensor) -> tuple[float, float, float, float]:
    counts = count_neighbourhoods(real, fake, (3, 5))
    return *precision_and_recall(counts, 3), *density_and_coverage(counts, 5)


def test_a_set_against_itself():
    real = _clusters([0, 1, 2], 50, 0)
    precision, recall, density, coverage = _all_metrics(real, real[torch.randperm(150)])
    assert (precision, recall, coverage) == (1, 1, 1)
    assert density == pytest.approx(6 / 5, abs=0.01), "each picture's ball holds its own copy and 5 others"


def test_copies_have_distance_0_in_spite_of_rounding():
    few = 50 + 100 * torch.rand(40, 700, generator=torch.Generator().manual_seed(0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "BLOCK_SIZE", 37)
        assert _all_metrics(few.repeat(20, 1), few.repeat(7, 1))[:2] == (1, 1)
        assert not neighbours._squared_radii(few.repeat(20, 1), (3,))[3].any()


def test_a_generator_that_shares_two_of_four_modes():
    real, fake = _clusters([0, 1, 2, 3], 200, 0), _clusters([0, 1, 7, 8], 200, 1)
    precision, recall, _, coverage = _all_metrics(real, fake)
    assert precision == pytest.approx(0.5, abs=0.02)
    assert recall == pytest.approx(0.5, abs=0.04)
    assert coverage == pytest.approx(0.5 * expected_coverage(200, 200, 5), abs=0.03)


@pytest.mark.parametrize("classes", [2, 5, 10])
def test_a_collapse_to_one_of_k_classes_covers_one_kth(classes):
    real, fake = _clusters(list(range(classes)), 100, 0), _clusters([0], 100 * classes, 1)
    precision, recall, _, coverage = _all_metrics(real, fake)
    assert precision > 0.9
    assert recall <= 1 / classes
    assert coverage == pytest.approx(1 / classes, abs=0.02)


def test_disjoint_sets_share_nothing():
    assert _all_metrics(_clusters([0, 1], 60, 0), _clusters([2, 3], 60, 1)) == (0, 0, 0, 0)


def test_samples_of_the_data_have_the_expected_coverage():
    real, fake = (torch.randn(2000, 8, generator=torch.Generator().manual_seed(s)) for s in (0, 1))
    _, _, density, coverage = _all_metrics(real, fake)
    assert coverage == pytest.approx(expected_coverage(2000, 2000, 5), abs=0.01)
    assert density == pytest.approx(1, abs=0.05)
    assert expected_coverage(10**6, 10**6, 5) == pytest.approx(1 - 1 / 32, abs=1e-4)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(6, 40), st.integers(6, 40), st.integers(1, 6), st.integers(3, 50))
def test_blocks_equal_all_distances_at_once(seed, n, m, dims, block):
    generator = torch.Generator().manual_seed(seed)
    real, fake = (torch.randn(k, dims, generator=generator) for k in (n, m))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "BLOCK_SIZE", block)
        counts = count_neighbourhoods(real, fake, (2, 5))
    distances = torch.cdist(real.double(), fake.double())
    for k in (2, 5):
        radii = torch.cdist(real.double(), real.double()).kthvalue(k + 1).values
        fake_radii = torch.cdist(fake.double(), fake.double()).kthvalue(k + 1).values
        inside = distances <= radii[:, None]
        assert torch.equal(counts.fakes_in[k], inside.sum(1))
        assert torch.equal(counts.reals_around[k], inside.sum(0))
        assert torch.equal(counts.fakes_around[k], (distances <= fake_radii).sum(1))


@pytest.mark.parametrize("seed", range(5))
def test_torch_fidelity_agrees(seed):
    oracle = pytest.importorskip("torch_fidelity.metric_prc")
    generator = torch.Generator().manual_seed(seed)
    fake, real = torch.randn(700, 6, generator=generator) * 0.8, torch.randn(900, 6, generator=generator)
    theirs = oracle.prc_features_to_metric(fake, real, verbose=False)
    precision, recall = precision_and_recall(count_neighbourhoods(real, fake, (3,)), 3)
    assert (precision, recall) == pytest.approx((theirs["precision"], theirs["recall"]), rel=1e-4)
    assert precision > recall


def test_both_metrics_share_one_count_with_as_many_real_images(random_images, monkeypatch):
    calls = []
    monkeypatch.setattr(
        neighbour_metric,
        "count_neighbourhoods",
        lambda *a: calls.append(a[0].shape) or count_neighbourhoods(*a),
    )
    reference, extractor = MemoryDataset(random_images(300)), Projection()
    metrics = [PrecisionRecall(extractor), DensityCoverage(Projection())]
    pr, dc = measure(metrics, random_images(120, seed=1).split(50), reference)
    assert calls == [(120, 6)]
    assert extractor.images_seen == 300 + 120
    assert (pr.name, dc.name) == ("pr[projection@8]", "dc[projection@8]")
    assert (pr.measured["k"], dc.measured["k"]) == (3, 5)
    assert pr.measured["reference"]["items"] == dc.measured["reference"]["items"] == 120
    p, r = pr.details["precision"], pr.details["recall"]
    assert pr.value == pytest.approx(2 * p * r / (p + r))
    for score, names in ((pr, ("precision", "recall")), (dc, ("density",))):
        low, high = score.details["interval_95"]
        assert low <= score.value <= high
        for name in names:
            low, high = score.details[f"{name}_interval_95"]
            assert low <= score.details[name] <= high
            assert high - low < 0.5
    assert dc.value == dc.details["coverage"]
    assert [pr, dc] == [measure((m,), [random_images(120, seed=1)], reference)[0] for m in metrics]


@pytest.mark.parametrize("same", [True, False])
def test_intervals_at_shares_of_0_and_1_have_a_width(random_images, same):
    real = random_images(120)
    fake = real.clone() if same else real // 32 + 220  # copies, or far from all real images
    for metric in (PrecisionRecall(Projection()), DensityCoverage(Projection())):
        score = measure([metric], [fake], MemoryDataset(real))[0]
        assert not same or score.value == 1
        shares = [n for n in score.details if n.endswith("interval_95") and "density" not in n]
        widths = {n: score.details[n][1] - score.details[n][0] for n in shares}
        assert all(width > 0.01 for width in widths.values()), widths


def test_invalid_arguments_raise_errors(random_images):
    with pytest.raises(UserError, match="needs a reference of at least 100 items, and 'held' has 99"):
        measure((PrecisionRecall(Projection()),), [random_images(100)], MemoryDataset(random_images(99)))[0]
    with pytest.raises(UserError, match="k of at least 1, not 0"):
        measure(
            (DensityCoverage(Projection(), k=0),), [random_images(100)], MemoryDataset(random_images(100))
        )[0]
    with pytest.raises(ValueError, match="neighbours"):
        count_neighbourhoods(torch.zeros(5, 2), torch.zeros(9, 2), (5,))
    with pytest.raises(ValueError, match="not finite"):
        count_neighbourhoods(torch.zeros(9, 2), torch.full((9, 2), torch.nan), (5,))
