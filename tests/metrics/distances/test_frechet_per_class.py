"""The Fréchet distance per class: the mean of each class's distance, and its errors."""

from __future__ import annotations

import pytest
import torch
from tests.metrics.features.test_gaussian_distance import statistics
from tests.metrics.stand_ins import MemoryDataset, Projection, patterns

from ganbench.data.images import ImageDataset
from ganbench.errors import UserError
from ganbench.metrics.distances.frechet_per_class import FrechetPerClass
from ganbench.metrics.features.gaussian import frechet_distance
from ganbench.metrics.features.reference import random_order
from ganbench.metrics.measure import measure
from ganbench.metrics.sample_batch import LabelledSamples


def _labelled(random_images, count: int = 120, seed: int = 0) -> ImageDataset:
    return ImageDataset("pairs", random_images(count, seed=seed), torch.arange(count) % 3, ("a", "b", "c"))


def test_each_class_is_compared_with_its_real_images(random_images, cache):
    reference, extractor = _labelled(random_images), Projection()
    samples, labels = random_images(90, seed=1), torch.arange(90) % 3
    batches = [LabelledSamples(samples[:50], labels[:50]), LabelledSamples(samples[50:], labels[50:])]
    score = measure((FrechetPerClass(extractor),), batches, reference)[0]
    real = reference.items(torch.arange(120))
    expected = {
        name: frechet_distance(statistics(extractor(real[k::3])), statistics(extractor(samples[k::3])))
        for k, name in enumerate("abc")
    }
    assert score.name == "fd-class[projection@8]"
    assert score.details["classes"] == pytest.approx(expected, rel=1e-6)
    assert score.value == pytest.approx(sum(expected.values()) / 3, rel=1e-6)
    assert score.measured["samples_of_class"] == [30, 30, 30]
    assert len(list((cache / "statistics").iterdir())) == 3
    extractor.images_seen = 0
    assert measure((FrechetPerClass(extractor),), batches, reference)[0] == score
    assert extractor.images_seen == 90, "the classes' statistics are cached"


def test_the_details_hold_an_interval_and_the_noise_floor(random_images, cache):
    reference, extractor = _labelled(random_images, 600), Projection()
    samples, labels = random_images(90, seed=1), torch.arange(90) % 3
    details = measure((FrechetPerClass(extractor),), [LabelledSamples(samples, labels)], reference)[0].details
    low, high = details["interval_95"]
    assert 0 <= low < sum(details["classes"].values()) / 3 < high
    floors = []
    for k in range(3):
        features = extractor(reference.items(torch.arange(600)[k::3]))[random_order(200)]
        floors.append(frechet_distance(statistics(features[30:]), statistics(features[:30])))
    assert details["real_against_real"] == pytest.approx(sum(floors) / 3, rel=1e-4)
    extractor.images_seen = 0
    measure((FrechetPerClass(extractor),), [LabelledSamples(samples, labels)], reference)[0]
    assert extractor.images_seen == 90, "the floors are cached"
    few = FrechetPerClass(extractor, allow_rank_deficient=True)
    assert (
        measure((few,), [LabelledSamples(samples[:12], labels[:12])], reference)[0].details["interval_95"]
        is None
    )


def test_permuted_labels_score_worse(random_images):
    real = random_images(120) // 4 + 60 * (torch.arange(120) % 3)[:, None, None, None].to(torch.uint8)
    reference = ImageDataset("pairs", real, torch.arange(120) % 3, ("a", "b", "c"))
    right, wrong = (
        measure((FrechetPerClass(Projection()),), [LabelledSamples(real, labels)], reference)[0].value
        for labels in (torch.arange(120) % 3, (torch.arange(120) + 1) % 3)
    )
    assert right == pytest.approx(0, abs=1e-3)
    assert wrong > 100


def test_missing_labels_and_small_classes_raise_errors(random_images):
    reference, metric = _labelled(random_images), FrechetPerClass(Projection())
    with pytest.raises(UserError, match=r"needs samples with labels, and these have none.*; use 'fd'"):
        measure((metric,), [random_images(90)], reference)[0]
    with pytest.raises(UserError, match="needs data with classes, and 'held' has none"):
        measure((metric,), [random_images(90)], MemoryDataset(random_images(90)))[0]
    with pytest.raises(UserError, match="at least 7 of each class, and only 0 samples are of class 'b'"):
        measure(
            (metric,), [LabelledSamples(random_images(90), torch.zeros(90, dtype=torch.int64))], reference
        )[0]
    with pytest.raises(UserError, match=r"only 4 items of 'pairs' are of class 'a'"):
        measure((metric,), [random_images(90)], _labelled(random_images, 12))[0]
    allowed = FrechetPerClass(Projection(), allow_rank_deficient=True)
    batch = LabelledSamples(random_images(12, seed=1), torch.arange(12) % 3)
    assert measure((allowed,), [batch], _labelled(random_images, 12))[0].value > 0


def test_a_small_reference_and_a_small_class_are_warned_of():
    labels = torch.arange(300) % 10
    samples = [LabelledSamples(patterns(300, 1).pixels, labels)]
    features = Projection((1, 8, 8), dims=6)
    few, many = patterns(50), patterns(300)
    (score,) = measure([FrechetPerClass(features, allow_rank_deficient=True)], samples, few)
    assert str(score.measured["warning"]).startswith(
        "measured on 5 reference items of the smallest class of 6 numbers"
    )
    (score,) = measure([FrechetPerClass(features, allow_rank_deficient=True)], samples, many)
    assert "singular" not in str(score.measured["warning"])
