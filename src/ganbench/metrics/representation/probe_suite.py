"""Probe how much features know about classes: by a linear probe, the nearest neighbour and a vote of neighbours."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.metrics.features.cached_tensors import load_or_compute
from ganbench.metrics.labels import dataset_labels
from ganbench.metrics.representation.feature_quality import LabelledFeatures
from ganbench.metrics.representation.knn import knn_accuracy, nearest_neighbour_accuracy
from ganbench.metrics.representation.linear_probe import ProbeResult, run_linear_probe
from ganbench.metrics.score import JSON
from ganbench.utils.file_names import file_stem
from ganbench.utils.paths import cache_folder

FORMAT = 1
DECAY, ITERATIONS, NEIGHBOURS, TEMPERATURE = 1e-3, 100, 20, 0.07
BATCH_SIZE = 500
MAX_CURVE_POINTS = 30


@dataclass(frozen=True)
class ProbeScores:
    """Test accuracies of one kind of features.

    Attributes:
        probe: The result of the linear probe.
        one_neighbour: The accuracy of the nearest neighbour by Euclidean distance.
        vote: The accuracy of a vote of 20 neighbours by cosine similarity.
    """

    probe: ProbeResult
    one_neighbour: float
    vote: float

    def accuracies(self) -> dict[str, JSON]:
        """Return the accuracies by the names that scores use."""
        return {
            "probe": self.probe.accuracy,
            "probe_train": self.probe.train_accuracy,
            "one_neighbour": self.one_neighbour,
            "knn": self.vote,
        }

    def loss_curve(self) -> list[JSON]:
        """Return the first test cross-entropies of the linear probe, rounded to four digits."""
        return [float(f"{value:.4g}") for value in self.probe.cross_entropy[:MAX_CURVE_POINTS]]


def run_probes(data: LabelledFeatures) -> ProbeScores:
    """Return the test accuracies of all probes."""
    vote, _ = knn_accuracy(data, min(NEIGHBOURS, len(data.train)), TEMPERATURE)
    return ProbeScores(run_linear_probe(data, DECAY, ITERATIONS), nearest_neighbour_accuracy(data), vote)


def pixel_baseline(train: Dataset, test: Dataset) -> ProbeScores:
    """Return the scores of raw pixels; they are cached in ``cache_folder()/baselines``, since no model changes them."""

    def compute() -> dict[str, Tensor]:
        labels = dataset_labels(train, "pixels"), dataset_labels(test, "pixels")
        scores = run_probes(
            LabelledFeatures(_pixels(train), labels[0], _pixels(test), labels[1], len(train.info.classes))
        )
        shares = [scores.probe.accuracy, scores.probe.train_accuracy, scores.one_neighbour, scores.vote]
        return {
            "shares": torch.tensor(shares, dtype=torch.float64),
            "cross_entropy": torch.tensor(scores.probe.cross_entropy, dtype=torch.float64),
        }

    if train.info.fingerprint and test.info.fingerprint:
        path = _cache_path(train, test)
        tensors = load_or_compute(path, {"shares", "cross_entropy"}, compute, "the pixel baseline")
    else:
        tensors = compute()
    accuracy, train_accuracy, one_neighbour, vote = tensors["shares"].tolist()
    probe = ProbeResult(accuracy, train_accuracy, tuple(tensors["cross_entropy"].tolist()))
    return ProbeScores(probe, one_neighbour, vote)


def index_batches(dataset: Dataset) -> tuple[Tensor, ...]:
    """Return the indices of all items, in batches."""
    return torch.split(torch.arange(dataset.info.size), BATCH_SIZE)


def _pixels(dataset: Dataset) -> Tensor:
    batches = [dataset.info.from_data(dataset.items(index)) for index in index_batches(dataset)]
    return torch.cat(batches).flatten(1)


def _cache_path(train: Dataset, test: Dataset) -> Path:
    settings = [
        FORMAT,
        DECAY,
        ITERATIONS,
        NEIGHBOURS,
        TEMPERATURE,
        train.info.fingerprint,
        test.info.fingerprint,
    ]
    digest = hashlib.sha256(repr(settings).encode()).hexdigest()
    return (
        cache_folder() / "baselines" / f"{file_stem(train.info.name, separators=': ')}-{digest[:24]}.pixels"
    )
