"""What a representation of pictures tells of their classes: to a linear probe, by the nearest one, and by a vote."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.metrics.features.cached_tensors import kept
from ganbench.metrics.labels import labels_of
from ganbench.metrics.representation.feature_quality import Labelled
from ganbench.metrics.representation.knn import matched, voted
from ganbench.metrics.representation.linear_probe import Probed, probed
from ganbench.metrics.score import JSON
from ganbench.utils.paths import cache_folder

DECAY, ROUNDS, NEIGHBOURS, TEMPERATURE = 1e-3, 100, 20, 0.07
CHUNK = 500
_MOST_POINTS = 30
_FORMAT = 1


@dataclass(frozen=True)
class ProbeScores:
    """The probe, and the shares that the nearest item by Euclidean distance and a vote by cosine tell rightly."""

    probe: Probed
    one_neighbour: float
    vote: float

    def numbers(self) -> dict[str, JSON]:
        """Return the shares by name, as JSON can hold them."""
        return {
            "probe": self.probe.accuracy,
            "probe_train": self.probe.train_accuracy,
            "one_neighbour": self.one_neighbour,
            "knn": self.vote,
        }

    def curve(self) -> list[JSON]:
        """Return the probe's first cross-entropies, four digits each."""
        return [float(f"{value:.4g}") for value in self.probe.cross_entropy[:_MOST_POINTS]]


def probe_suite(of: Labelled) -> ProbeScores:
    """Return what features tell: learnt from the one part, judged on the other."""
    vote, _ = voted(of, min(NEIGHBOURS, len(of.train)), TEMPERATURE)
    return ProbeScores(probed(of, DECAY, ROUNDS), matched(of), vote)


def told_by_pixels(train: Dataset, test: Dataset) -> ProbeScores:
    """Return what pixels tell; kept in ``cache_folder()/baselines``, since it is the same for every model."""

    def work() -> dict[str, Tensor]:
        labels = labels_of(train, "pixels"), labels_of(test, "pixels")
        told = probe_suite(
            Labelled(_pixels(train), labels[0], _pixels(test), labels[1], len(train.info.classes))
        )
        shares = [told.probe.accuracy, told.probe.train_accuracy, told.one_neighbour, told.vote]
        return {
            "shares": torch.tensor(shares, dtype=torch.float64),
            "cross_entropy": torch.tensor(told.probe.cross_entropy, dtype=torch.float64),
        }

    known = bool(train.info.fingerprint and test.info.fingerprint)
    found = (
        kept(_path(train, test), {"shares", "cross_entropy"}, work, "what pixels tell is")
        if known
        else work()
    )
    accuracy, on_train, one, vote = found["shares"].tolist()
    return ProbeScores(Probed(accuracy, on_train, tuple(found["cross_entropy"].tolist())), one, vote)


def chunks(items: Dataset) -> tuple[Tensor, ...]:
    """Return the numbers of all items, some at a time."""
    return torch.split(torch.arange(items.info.size), CHUNK)


def _pixels(items: Dataset) -> Tensor:
    return torch.cat([items.info.from_data(items.items(index)).flatten(1) for index in chunks(items)])


def _path(train: Dataset, test: Dataset) -> Path:
    settings = [
        _FORMAT,
        DECAY,
        ROUNDS,
        NEIGHBOURS,
        TEMPERATURE,
        train.info.fingerprint,
        test.info.fingerprint,
    ]
    digest = hashlib.sha256(repr(settings).encode()).hexdigest()
    return cache_folder() / "baselines" / f"{train.info.name}-{digest[:24]}.pixels"
