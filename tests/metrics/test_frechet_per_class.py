"""The distance class by class: the mean of what each class has alone, and refusals in one sentence."""

from __future__ import annotations

import pytest
import torch

from ganbench.data.images import ImageSet
from ganbench.errors import UserError
from ganbench.metrics.chunk import Labelled
from ganbench.metrics.frechet_distance import frechet_distance
from ganbench.metrics.frechet_per_class import FrechetPerClass
from ganbench.metrics.reference_sample import random_order

from .stand_ins import Held, Projection
from .test_frechet_distance import statistics


def _labelled(pictures, count: int = 120, seed: int = 0) -> ImageSet:
    return ImageSet("pairs", pictures(count, seed=seed), torch.arange(count) % 3, ("a", "b", "c"))


def test_each_class_is_compared_with_itself(pictures, cache):
    reference, extractor = _labelled(pictures), Projection()
    samples, labels = pictures(90, seed=1), torch.arange(90) % 3
    chunks = [Labelled(samples[:50], labels[:50]), Labelled(samples[50:], labels[50:])]
    score = FrechetPerClass(extractor).score(chunks, reference)
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
    extractor.seen = 0
    assert FrechetPerClass(extractor).score(chunks, reference) == score
    assert extractor.seen == 90, "the classes' statistics are kept"


def test_beside_it_stand_an_interval_and_what_real_pictures_score(pictures, cache):
    reference, extractor = _labelled(pictures, 600), Projection()
    samples, labels = pictures(90, seed=1), torch.arange(90) % 3
    details = FrechetPerClass(extractor).score([Labelled(samples, labels)], reference).details
    low, high = details["interval_95"]
    assert 0 <= low < sum(details["classes"].values()) / 3 < high
    floors = []
    for k in range(3):
        features = extractor(reference.items(torch.arange(600)[k::3]))[random_order(200)]
        floors.append(frechet_distance(statistics(features[30:]), statistics(features[:30])))
    assert details["real_against_real"] == pytest.approx(sum(floors) / 3, rel=1e-4)
    extractor.seen = 0
    FrechetPerClass(extractor).score([Labelled(samples, labels)], reference)
    assert extractor.seen == 90, "the floors are kept"
    few = FrechetPerClass(extractor, allow_rank_deficient=True)
    assert few.score([Labelled(samples[:12], labels[:12])], reference).details["interval_95"] is None


def test_labels_that_are_turned_about_are_seen(pictures):
    real = pictures(120) // 4 + 60 * (torch.arange(120) % 3)[:, None, None, None].to(torch.uint8)
    reference = ImageSet("pairs", real, torch.arange(120) % 3, ("a", "b", "c"))
    right, wrong = (
        FrechetPerClass(Projection()).score([Labelled(real, labels)], reference).value
        for labels in (torch.arange(120) % 3, (torch.arange(120) + 1) % 3)
    )
    assert right == pytest.approx(0, abs=1e-3)
    assert wrong > 100


def test_what_has_no_classes_is_refused(pictures):
    reference, metric = _labelled(pictures), FrechetPerClass(Projection())
    with pytest.raises(UserError, match=r"needs samples with labels, and these have none.*; use 'fd'"):
        metric.score([pictures(90)], reference)
    with pytest.raises(UserError, match="needs data with classes, and 'held' has none"):
        metric.score([pictures(90)], Held(pictures(90)))
    with pytest.raises(UserError, match="at least 7 of each class, and only 0 samples are of class 'b'"):
        metric.score([Labelled(pictures(90), torch.zeros(90, dtype=torch.int64))], reference)
    with pytest.raises(UserError, match=r"only 4 items of 'pairs' are of class 'a'"):
        metric.score([pictures(90)], _labelled(pictures, 12))
    allowed = FrechetPerClass(Projection(), allow_rank_deficient=True)
    chunk = Labelled(pictures(12, seed=1), torch.arange(12) % 3)
    assert allowed.score([chunk], _labelled(pictures, 12)).value > 0
