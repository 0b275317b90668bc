"""The labels of a conditional model's samples, in scores and as a reference."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from ganbench.data.base import DataInfo
from ganbench.evaluation.sample_sources import GeneratedDataset, ModelSamples


def stand_in(classes: int) -> Any:
    """A model whose sample is its label."""

    def decode(latents: Tensor, labels: Tensor | None = None) -> Tensor:
        assert labels is not None
        return labels.float()[:, None]

    info = DataInfo(name="x", kind="points", shape=(1,), size=9, fingerprint="f", classes=("?",) * classes)
    return SimpleNamespace(
        classes=info.classes,
        info=info,
        weights="live",
        step=1,
        has_average=False,
        needs_real_inputs=False,
        algorithm=None,
        labels=lambda n: torch.arange(n) % classes,
        latents=lambda n, seed, purpose: torch.zeros(n, 2),
        decode=decode,
    )


def test_scored_samples_of_many_classes_are_not_of_the_first_ones() -> None:
    samples = ModelSamples(stand_in(1000))
    drawn = torch.cat(list(samples.batches(600)))[:, 0].long()
    assert torch.equal(drawn, samples.labels(600))
    assert len(torch.unique(drawn)) == 600
    assert abs(int((drawn < 500).sum()) - 300) < 50, "the first 600 classes would have 500 below 500"


def test_whole_rounds_are_recorded_as_before() -> None:
    samples = ModelSamples(stand_in(10))
    labels = samples.labels(2500)
    assert labels is not None
    assert torch.equal(labels, torch.arange(2500) % 10)
    assert samples.record(2500, labelled=True)["sampling"]["labels"] == "each class in turn"
    described = samples.record(2505, labelled=True)["sampling"]["labels"]
    assert described == "each class in turn, the last round at random"


def test_a_reference_of_samples_has_the_same_labels_in_any_order() -> None:
    reference = GeneratedDataset(stand_in(1000), "run", "checkpoint", size=600)
    order = torch.randperm(600)
    drawn = reference.items(order)[:, 0].long()
    assert torch.equal(drawn, ModelSamples(stand_in(1000)).labels(600)[order])  # type: ignore[index]
    whole, incomplete = (GeneratedDataset(stand_in(10), "run", "c", size=n) for n in (20, 21))
    assert whole.info.fingerprint != incomplete.info.fingerprint
