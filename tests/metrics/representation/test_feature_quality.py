"""Linear probe and k nearest neighbours, on features of known quality."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import optimize, special
from tests.metrics.stand_ins import MemoryDataset, Projection, patterns

from ganbench.data.images import ImageDataset
from ganbench.errors import UserError
from ganbench.metrics.features import feature_cache
from ganbench.metrics.measure import measure
from ganbench.metrics.registry import create_metric
from ganbench.metrics.representation.feature_quality import LabelledFeatures
from ganbench.metrics.representation.knn import KNNAccuracy
from ganbench.metrics.representation.linear_probe import LinearProbe, fit_logistic_regression


def test_the_probe_reaches_the_optimum():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(60, 4, generator=generator, dtype=torch.float64)
    labels = (rows[:, 0] > 0).long() + (rows[:, 1] > 0.5)
    weight, bias = fit_logistic_regression(rows, labels, 3, 0.01, 200)

    def loss(x: np.ndarray) -> float:
        w, b = x[:12].reshape(4, 3), x[12:]
        logs = special.log_softmax(rows.numpy() @ w + b, axis=1)
        return float(-logs[range(60), labels.numpy()].mean() + 0.005 * (w**2).sum())

    best = optimize.minimize(loss, np.zeros(15), tol=1e-12)
    ours = loss(np.concatenate([weight.numpy().ravel(), bias.numpy()]))
    assert ours == pytest.approx(best.fun, abs=1e-8)


def test_feature_scales_and_constant_features_do_not_matter():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(300, 5, generator=generator)
    labels = (rows[:, 1] > 0).long()
    scaled = torch.cat([rows * torch.tensor([1e-3, 1e4, 1.0, 1.0, 1.0]) + 50, torch.ones(300, 1)], 1)
    probe = LinearProbe(Projection())
    accuracies = [
        probe.accuracy(LabelledFeatures(x[:200], labels[:200], x[200:], labels[200:], 2))[0]
        for x in (rows, scaled)
    ]
    assert accuracies[0] == accuracies[1] > 0.95


def test_votes_are_by_cosine_and_weighted():
    angles = torch.tensor([0.0, 0.05, 0.5, 0.52, 0.54])
    train = torch.stack([angles.cos(), angles.sin()], 1) * torch.tensor([1.0, 9.0, 2.0, 3.0, 4.0])[:, None]
    data = LabelledFeatures(
        train, torch.tensor([0, 0, 1, 1, 1]), torch.tensor([[5.0, 0.1]]), torch.tensor([0]), 2
    )
    assert KNNAccuracy(Projection(), k=5).accuracy(data) == (1, {"one_neighbour": 1})
    unweighted = KNNAccuracy(Projection(), k=5, temperature=1e6)
    assert unweighted.accuracy(data)[0] == 0
    with pytest.raises(UserError, match="cannot find 9 neighbours among 5 images"):
        KNNAccuracy(Projection(), k=9).accuracy(data)


@pytest.mark.parametrize("name", ["probe", "knn"])
def test_metrics_train_on_one_split_and_test_on_the_other(name):
    train, test = patterns(200), patterns(70, seed=1)
    features = Projection((1, 8, 8), dims=8)
    score = measure((create_metric(name, features).with_held_out(test),), [], train)[0]
    assert score.name == f"{name}[projection@8]"
    assert score.value > 0.95
    assert score.details["accuracy_in_pixels@16"] > 0.95
    assert score.measured["held_out"]["items"] == 70
    wrong = ImageDataset("patterns", test.pixels, test.labels(torch.arange(70)).roll(1), test.info.classes)
    assert measure((create_metric(name, features).with_held_out(wrong),), [], train)[0].value < 0.2


def test_features_are_cached_up_to_a_limit(random_images, monkeypatch):
    extractor, dataset = Projection(), MemoryDataset(random_images(700))
    first = torch.cat(list(feature_cache.feature_batches(dataset, extractor)))
    assert torch.equal(feature_cache.all_features(dataset, extractor), first)
    assert torch.equal(first, extractor.__class__()(dataset.data))
    assert extractor.images_seen == 700
    monkeypatch.setattr(feature_cache, "MAX_CACHE_BYTES", 700 * 6 * 4 - 1)
    assert torch.equal(torch.cat(list(feature_cache.feature_batches(dataset, extractor))), first)
    assert extractor.images_seen == 1400
