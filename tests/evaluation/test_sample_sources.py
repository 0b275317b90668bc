"""The labels of a conditional model's samples, in scores and as a reference."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from ganbench.data.base import DataInfo
from ganbench.data.images import ImageDataset
from ganbench.evaluation.sample_sources import (
    DatasetSamples,
    GeneratedDataset,
    ModelSamples,
    match_classes,
)


def stand_in(classes: int) -> Any:
    """A model whose sample is its label."""

    def decode(latents: Tensor, labels: Tensor | None = None) -> Tensor:
        assert labels is not None
        return labels.float()[:, None]

    info = DataInfo(name="x", kind="points", shape=(1,), size=9, fingerprint="f", classes=("?",) * classes)
    return SimpleNamespace(
        device=torch.device("cpu"),
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


def test_samples_in_folders_have_the_references_classes_again() -> None:
    classes = ("cat", "sea lion", "9")
    pixels = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(-1, 1, 2, 2)
    numbers = torch.tensor([0, 1, 0, 1, 1, 0])
    folders = ImageDataset("f", pixels, numbers, ("000-cat", "002-9"))
    samples = match_classes(DatasetSamples(folders), classes)
    labels = samples.labels(6)
    assert samples.classes == classes
    assert labels is not None
    order = torch.cat(list(samples.batches(6)))[:, 0, 0, 0].long()
    assert torch.equal(labels, 2 * numbers[order]), "002-9 is class number 2"
    for names in (("cat", "9"), ("000-cat", "001-9"), ("000-dog", "002-9")):
        other = DatasetSamples(ImageDataset("f", pixels, numbers, names))
        assert match_classes(other, classes) is other
    unlabelled = DatasetSamples(ImageDataset("f", pixels))
    assert match_classes(unlabelled, classes) is unlabelled
    assert match_classes(other, ()) is other
