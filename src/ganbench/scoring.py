"""Score what a model samples against a data set, or ask beforehand whether that can be done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ganbench import origin
from ganbench.data.base import Dataset
from ganbench.measuring import FEATURES, Asked, supplied
from ganbench.metrics.base import Metric, Score
from ganbench.metrics.chunk import Labelled
from ganbench.metrics.supplies import NeedsGenerator
from ganbench.model import Model, Purpose

CHUNK = 250

HeldOut = Callable[[], Dataset]
"""Makes the real items that were not trained on."""


def score_model(
    model: Model,
    reference: Dataset,
    *,
    metrics: Sequence[str] = (),
    features: str = FEATURES,
    n: int | None = None,
    seed: int = 1,
    trusted: Collection[str] = (),
    purpose: Purpose = "sample",
) -> list[Score]:
    """Score a model's samples against a data set; how they were made goes into the record.

    A model of classes makes each in turn; its samples have labels where the data set has the same classes.
    With the purpose "selection" the samples are others than any report's, whatever the seeds.
    """
    asked = Asked(metrics=metrics, features=features, n=n, trusted=trusted)
    return scores_of(model, reference, asked, seed, purpose)


def scores_of(
    model: Model,
    reference: Dataset,
    asked: Asked,
    seed: int,
    purpose: Purpose = "sample",
    *,
    which: Mapping[str, Any] | None = None,
    held_out: HeldOut | None = None,
) -> list[Score]:
    """Score a model as :func:`score_model` does; ``which`` is what the record is to say of the checkpoint, too."""
    chosen, count, labels = _ready(model, reference, asked, seed, purpose, held_out)

    def samples() -> Iterator[Tensor | Labelled]:
        latents = model.latents(count, seed, purpose) if count else torch.empty(0)
        told = model.labels(count)
        for index in torch.split(torch.arange(count), CHUNK) if count else ():
            made = model.decode(latents[index], None if told is None else told[index])
            yield made if labels is None else Labelled(made, labels[index])

    record = origin.of_model(model, seed, purpose, which or {})
    return asked.measure(chosen, samples, count, reference, record, labels=labels)


def require_scorable(
    model: Model, reference: Dataset, asked: Asked, held_out: HeldOut | None = None
) -> list[Metric]:
    """Return the metrics, or raise UserError if such a model could not be scored by them; ask before training.

    The model need not have its networks yet. What the metrics keep on disk (a reference's statistics, a classifier)
    is there afterwards.
    """
    chosen, count, labels = _ready(model, reference, asked, 0, "sample", held_out)
    asked.require(chosen, count, reference, labels=labels)
    for metric in chosen:
        metric.begin(reference)
    return chosen


def _ready(
    model: Model, reference: Dataset, asked: Asked, seed: int, purpose: Purpose, held_out: HeldOut | None
) -> tuple[list[Metric], int, Tensor | None]:
    """Return the metrics with all that they need, the number of samples, and their labels, if they have some."""
    known = bool(model.classes) and model.classes == reference.info.classes
    chosen = supplied(asked.chosen(reference, labelled=known), held_out)
    walker = _Walker(model, purpose)
    chosen = [m.with_generator(walker, asked.n, seed) if isinstance(m, NeedsGenerator) else m for m in chosen]
    count = asked.count(chosen)
    return chosen, count, model.labels(count) if known else None


@dataclass(frozen=True)
class _Walker:
    """A model for metrics that ask it for samples themselves; its latents, too, are of the purpose."""

    model: Model
    purpose: Purpose

    def latents(self, n: int, seed: int = 0) -> Tensor:
        return self.model.latents(n, seed, self.purpose)

    def decode(self, latents: Tensor) -> Tensor:
        return self.model.decode(latents)

    def features(self, items: Tensor) -> dict[str, Tensor]:
        return self.model.features(items)
