"""What representations tell of classes; that of pixels is worked out once for all models of the same data."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from ganbench.data.shapes import shapes
from ganbench.metrics.representation import probe_suite as probe_suite
from ganbench.metrics.representation.feature_quality import Labelled
from ganbench.metrics.representation.linear_probe import Probed
from ganbench.metrics.representation.probe_suite import ProbeScores, told_by_pixels

TRAIN, TEST = shapes(60), shapes(40, split="test")


def test_what_pixels_tell_is_kept_for_these_two_sets_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path))
    seen: list[tuple[int, ...]] = []

    def counted(of: Labelled) -> ProbeScores:
        seen.append((*of.train.shape, *of.test.shape))
        return ProbeScores(Probed(0.25, 0.5, (2.0, 1.0 / len(seen))), 0.125, 0.375)

    monkeypatch.setattr(probe_suite, "probe_suite", counted)
    first = told_by_pixels(TRAIN, TEST)
    assert first == told_by_pixels(TRAIN, TEST) == ProbeScores(Probed(0.25, 0.5, (2.0, 1.0)), 0.125, 0.375)
    assert seen == [(60, 3072, 40, 3072)]
    assert told_by_pixels(TEST, TRAIN).probe.cross_entropy[1] == 0.5, "other sets have their own"
    path = next((tmp_path / "baselines").glob("shapes-*.pixels"))
    for file in path.parent.iterdir():
        file.write_bytes(file.read_bytes()[:-1])
    assert told_by_pixels(TRAIN, TEST).probe.cross_entropy[1] == pytest.approx(1 / 3), (
        "a damaged file is passed over"
    )
    info = dataclasses.replace(TRAIN.info, fingerprint="")
    unknown: Any = SimpleNamespace(info=info, items=TRAIN.items, labels=TRAIN.labels)
    assert [told_by_pixels(unknown, TEST).probe.cross_entropy[1] for _ in range(2)] == [1 / 4, 1 / 5]


def test_features_that_are_the_classes_tell_them_all_and_features_that_are_alike_the_commonest() -> None:
    labels = torch.arange(40) % 4
    known = torch.eye(4)[labels]
    told = probe_suite.probe_suite(Labelled(known, labels, known, labels, 4))
    assert told.numbers() == {"probe": 1.0, "probe_train": 1.0, "one_neighbour": 1.0, "knn": 1.0}
    more = torch.cat([labels, torch.zeros(20, dtype=torch.int64)])
    blind = probe_suite.probe_suite(Labelled(torch.ones(60, 4), more, known * 0 + 1, labels, 4))
    assert blind.probe.accuracy == 0.25
    assert blind.curve()[0] == pytest.approx(1.386, abs=1e-3)  # log 4
