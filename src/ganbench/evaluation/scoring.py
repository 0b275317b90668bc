"""Score what a model samples against a data set, or ask beforehand whether that can be done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.evaluation import sample_sources as origin
from ganbench.inference.model import Model, Purpose
from ganbench.metrics.base import Metric
from ganbench.metrics.image_metric import USUAL
from ganbench.metrics.labels import require_labels
from ganbench.metrics.measure import measure, require_kind, require_samples
from ganbench.metrics.protocols.base import EvaluationProtocol
from ganbench.metrics.registry import DEFAULT_FOR_NUMBERS, default_metric, metrics_named
from ganbench.metrics.requirements import NeedsGenerator, NeedsHeldOut, WithoutSamples
from ganbench.metrics.sample_batch import Labelled
from ganbench.metrics.score import Score

CHUNK = 250
FEATURES = "efficientnet-lite0"

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
    asked = EvaluationRequest(metrics=metrics, features=features, n=n, trusted=trusted)
    return scores_of(model, reference, asked, seed, purpose)


def scores_of(
    model: Model,
    reference: Dataset,
    asked: EvaluationRequest,
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
    model: Model, reference: Dataset, asked: EvaluationRequest, held_out: HeldOut | None = None
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
    model: Model,
    reference: Dataset,
    asked: EvaluationRequest,
    seed: int,
    purpose: Purpose,
    held_out: HeldOut | None,
) -> tuple[list[Metric], int, Tensor | None]:
    """Return the metrics with all that they need, the number of samples, and their labels, if they have some."""
    known = bool(model.classes) and model.classes == reference.info.classes
    chosen = attach_held_out(asked.chosen(reference, labelled=known), held_out)
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


@dataclass(frozen=True, kw_only=True)
class EvaluationRequest:
    """What is to be measured: a protocol, or metrics by name with their features and the number of samples."""

    metrics: Sequence[str] = ()
    features: str = FEATURES
    n: int | None = None
    trusted: Collection[str] = ()
    allow_rank_deficient: bool = False
    protocol: EvaluationProtocol | None = None
    held_out: str | None = None

    def chosen(self, reference: Dataset, *, labelled: bool) -> list[Metric]:
        """Make the metrics, which share one feature network. Raises UserError if there are no such ones.

        ``labelled`` says that samples come with labels: a protocol may then measure more.
        """
        if self.protocol is not None:
            return list(self.protocol.chosen(labelled=labelled))
        return metrics_named(
            self.metrics or usual_metrics(reference),
            self.features,
            trusted=self.trusted,
            shape=reference.info.shape,
            allow_rank_deficient=self.allow_rank_deficient,
        )

    def count(self, chosen: Sequence[Metric]) -> int:
        """Return the number of samples: as asked, else as many as usual; none if no metric looks at samples."""
        if self.protocol is not None:
            return self.protocol.samples
        if all(isinstance(metric, WithoutSamples) for metric in chosen):
            return 0
        return self.n or max(metric.default_samples for metric in chosen)

    def measure(
        self,
        chosen: Sequence[Metric],
        samples: Callable[[], Iterator[Tensor | Labelled]],
        count: int,
        whole: Dataset,
        record: Mapping[str, Any],
        *,
        labels: Tensor | None,
    ) -> list[Score]:
        """Score ``count`` samples with these labels ``[count]``, if they have some.

        ``record`` is what is to be told of them. Raises UserError if they do not fit.
        """
        reference = whole
        self.require(chosen, count, reference, labels=labels)
        scores = [
            replace(score, measured=_with_warning({**score.measured, **record}, count, reference))
            for score in measure(chosen, samples(), reference, expected=count)
        ]
        return scores if self.protocol is None else [self.protocol.named(score) for score in scores]

    def require(
        self, chosen: Sequence[Metric], count: int, reference: Dataset, *, labels: Tensor | None
    ) -> None:
        """Raise UserError if ``count`` samples with these labels could not be measured; ask before making them."""
        for metric in chosen:
            require_kind(metric, reference.info)
            require_samples(metric, count)
            require_labels(metric, labels, reference.info)


def attach_held_out(metrics: Sequence[Metric], held_out: Callable[[], Dataset] | None) -> list[Metric]:
    """Give held-out items to the metrics that need them; they are made at most once."""
    if held_out is None or not any(isinstance(metric, NeedsHeldOut) for metric in metrics):
        return list(metrics)
    items = held_out()
    return [m.with_held_out(items) if isinstance(m, NeedsHeldOut) else m for m in metrics]


def _with_warning(measured: dict[str, Any], count: int, reference: Dataset) -> dict[str, Any]:
    if reference.info.kind == "image" and 0 < count < USUAL:
        few = f"measured on {count:,} samples: below {USUAL:,} chance and bias are large"
        measured.setdefault("warning", f"{few}; compare only at equal counts")
    return measured


def usual_metrics(reference: Dataset) -> list[str]:
    """Return the names of what such data are scored by. Raises UserError if there is nothing yet."""
    if reference.info.shape == (1,):
        return list(DEFAULT_FOR_NUMBERS)
    usual = default_metric(
        reference.info.kind, modes=hasattr(reference, "modes"), stacked=hasattr(reference, "stacked")
    )
    if usual is None:
        raise UserError(f"there is no metric yet for data such as {reference.info.name}")
    return [usual]
