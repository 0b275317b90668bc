"""One pass for several metrics, and errors for samples that do not fit."""

from __future__ import annotations

import pytest
import torch
from tests.metrics.stand_ins import MemoryDataset, Mixture, Projection

from ganbench.errors import UserError
from ganbench.metrics.coverage.mode_coverage import Modes
from ganbench.metrics.distances.frechet import FrechetDistance, FrechetMeasurement
from ganbench.metrics.measure import measure, require_samples


def test_several_metrics_share_one_pass_and_its_features(random_images):
    extractor = Projection()
    reference, samples = MemoryDataset(random_images(40)), random_images(30, seed=1)
    narrow, wide = FrechetDistance(extractor), FrechetDistance(extractor, reference_items=20)
    scores = measure([narrow, wide], iter(samples.split(7)), reference)
    assert extractor.images_seen == 40 + 20 + 30
    assert scores == (
        measure((narrow,), samples.split(7), reference)[0],
        measure((wide,), samples.split(7), reference)[0],
    )
    assert scores[0].value != scores[1].value


def test_all_batches_of_a_pass_share_a_cache(random_images, monkeypatch):
    caches = []
    add = FrechetMeasurement.add
    monkeypatch.setattr(
        FrechetMeasurement, "add", lambda self, batch: (caches.append(batch.shared_cache), add(self, batch))
    )
    metric, reference = FrechetDistance(Projection()), MemoryDataset(random_images(40))
    for _ in range(2):
        measure((metric,), random_images(30, seed=1).split(10), reference)[0]
    assert caches[0] is caches[1] is caches[2]
    assert caches[3] is not caches[0]


def test_metrics_receive_no_empty_batches(random_images, monkeypatch):
    metric, reference, samples = (
        FrechetDistance(Projection()),
        MemoryDataset(random_images(40)),
        random_images(30, seed=1),
    )
    plain = measure((metric,), [samples], reference)[0]
    sizes = []
    add = FrechetMeasurement.add
    monkeypatch.setattr(
        FrechetMeasurement, "add", lambda self, batch: (sizes.append(len(batch)), add(self, batch))
    )
    assert measure((metric,), [samples[:0], samples, samples[:0]], reference)[0] == plain
    assert sizes == [30]


def test_too_few_samples_raise_an_error_with_the_numbers(random_images):
    metric = FrechetDistance(Projection())
    with pytest.raises(UserError, match=r"needs at least 7 samples, not 6; it is usually measured on 10,000"):
        measure((metric,), [random_images(6)], MemoryDataset(random_images(40)))[0]
    require_samples(metric, 7)
    with pytest.raises(UserError, match="needs at least 250 samples, not 249"):
        require_samples(Modes(), 249)


def test_a_metric_of_another_kind_raises_an_error_before_reading_data(random_images):
    reference = MemoryDataset(random_images(40))
    with pytest.raises(UserError, match="'modes' judges data of kind 'points', but 'held' is 'image'"):
        measure([FrechetDistance(Projection()), Modes()], [random_images(300)], reference)
    assert reference.reads == 0


def test_samples_of_another_shape_or_dtype_raise_an_error(random_images):
    metric, reference = FrechetDistance(Projection()), MemoryDataset(random_images(40))
    with pytest.raises(UserError, match=r"shape \[1, 8, 8\], but the items of 'held' have \[3, 8, 8\]"):
        measure((metric,), [random_images(30, (1, 8, 8))], reference)[0]
    with pytest.raises(TypeError, match=r"uint8.*float32"):
        measure((metric,), [random_images(30).float()], reference)[0]
    with pytest.raises(TypeError, match=r"floating point, not torch.int64"):
        measure((Modes(),), [torch.zeros(300, 2, dtype=torch.int64)], Mixture(torch.zeros(1, 2), 1.0))[0]
