"""Probes of features, and the cache of the pixel baseline."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from ganbench.data.shapes import shapes
from ganbench.metrics.representation import probe_suite
from ganbench.metrics.representation.feature_quality import LabelledFeatures
from ganbench.metrics.representation.linear_probe import ProbeResult
from ganbench.metrics.representation.probe_suite import ProbeScores, pixel_baseline

TRAIN, TEST = shapes(60), shapes(40, split="test")


def test_the_pixel_baseline_is_cached_per_pair_of_data_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path))
    shapes_seen: list[tuple[int, ...]] = []

    def fake_probes(data: LabelledFeatures) -> ProbeScores:
        shapes_seen.append((*data.train.shape, *data.test.shape))
        return ProbeScores(ProbeResult(0.25, 0.5, (2.0, 1.0 / len(shapes_seen))), 0.125, 0.375)

    monkeypatch.setattr(probe_suite, "run_probes", fake_probes)
    first = pixel_baseline(TRAIN, TEST)
    assert (
        first == pixel_baseline(TRAIN, TEST) == ProbeScores(ProbeResult(0.25, 0.5, (2.0, 1.0)), 0.125, 0.375)
    )
    assert shapes_seen == [(60, 3072, 40, 3072)]
    assert pixel_baseline(TEST, TRAIN).probe.cross_entropy[1] == 0.5, "another pair has its own"
    path = next((tmp_path / "baselines").glob("shapes-*.pixels"))
    for file in path.parent.iterdir():
        file.write_bytes(file.read_bytes()[:-1])
    assert pixel_baseline(TRAIN, TEST).probe.cross_entropy[1] == pytest.approx(1 / 3), (
        "a damaged file is ignored"
    )
    info = dataclasses.replace(TRAIN.info, fingerprint="")
    without_fingerprint: Any = SimpleNamespace(info=info, items=TRAIN.items, labels=TRAIN.labels)
    assert [pixel_baseline(without_fingerprint, TEST).probe.cross_entropy[1] for _ in range(2)] == [
        1 / 4,
        1 / 5,
    ]


def test_perfect_features_and_constant_features() -> None:
    labels = torch.arange(40) % 4
    one_hot = torch.eye(4)[labels]
    perfect = probe_suite.run_probes(LabelledFeatures(one_hot, labels, one_hot, labels, 4))
    assert perfect.accuracies() == {"probe": 1.0, "probe_train": 1.0, "one_neighbour": 1.0, "knn": 1.0}
    train_labels = torch.cat([labels, torch.zeros(20, dtype=torch.int64)])
    constant = probe_suite.run_probes(
        LabelledFeatures(torch.ones(60, 4), train_labels, torch.ones(40, 4), labels, 4)
    )
    assert constant.probe.accuracy == 0.25
    assert constant.loss_curve()[0] == pytest.approx(1.386, abs=1e-3)  # log 4
