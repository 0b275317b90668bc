"""The noise floor: equal to a direct computation, cached, and a detail of every Fréchet distance."""

from __future__ import annotations

import pytest
import torch
from tests.metrics.features.test_gaussian_distance import statistics
from tests.metrics.stand_ins import MemoryDataset, Projection

from ganbench.metrics.distances import noise_floor
from ganbench.metrics.distances.frechet import FrechetDistance
from ganbench.metrics.features.gaussian import FrechetReference, frechet_distance, remove_part
from ganbench.metrics.features.reference import random_order, reference_statistics
from ganbench.metrics.measure import measure


def test_it_is_the_distance_of_a_subset_from_all_other_images(random_images):
    data, extractor = random_images(300), Projection()
    features = extractor(data)[random_order(300)]
    score = measure((FrechetDistance(extractor),), [random_images(60, seed=1)], MemoryDataset(data))[0]
    expected = frechet_distance(statistics(features[60:]), statistics(features[:60]))
    assert score.details["real_against_real"] == pytest.approx(expected, rel=1e-4)
    assert score.details["real_against_real_samples"] == 60


def test_at_most_half_of_the_reference_is_used(random_images):
    score = measure(
        (FrechetDistance(Projection()),), [random_images(60, seed=1)], MemoryDataset(random_images(80))
    )[0]
    assert score.details["real_against_real_samples"] == 40


def test_it_is_cached_and_a_damaged_file_is_computed_again(random_images, cache, monkeypatch):
    reference, extractor = MemoryDataset(random_images(300)), Projection()
    frechet = FrechetReference(reference_statistics(reference, extractor))
    first = noise_floor.measure_noise_floor(reference, extractor, frechet, 60)
    calls = []
    monkeypatch.setattr(noise_floor, "remove_part", lambda *a: calls.append(a) or remove_part(*a))
    assert noise_floor.measure_noise_floor(reference, extractor, frechet, 60) == first
    assert calls == []
    (path,) = (cache / "floors").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert noise_floor.measure_noise_floor(reference, extractor, frechet, 60) == first
    assert noise_floor.measure_noise_floor(reference, extractor, frechet, 70) != first
    assert len(calls) == 2


def test_extras_are_optional(random_images, cache):
    score = measure(
        (FrechetDistance(Projection(), extras=False),),
        [random_images(60, seed=1)],
        MemoryDataset(random_images(80)),
    )[0]
    assert set(score.details) == {"mean_term", "covariance_term"}
    full = measure(
        (FrechetDistance(Projection()),), [random_images(60, seed=1)], MemoryDataset(random_images(80))
    )[0]
    assert full.value == pytest.approx(score.value, rel=1e-12)  # eigenvalues with and without their vectors
    low, high = full.details["interval_95"]
    assert 0 <= low < full.value < high


def test_a_reference_of_three_images_has_no_floor():
    tiny = MemoryDataset(torch.arange(3, dtype=torch.uint8).reshape(3, 1, 1, 1))
    metric = FrechetDistance(Projection((1, 1, 1), 1), allow_rank_deficient=True)
    score = measure((metric,), [tiny.data], tiny)[0]
    assert score.details["real_against_real"] is None
