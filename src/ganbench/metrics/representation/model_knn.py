"""The quality of a model's own features, to be followed during training; no test image is used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from ganbench.errors import UserError
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.representation.feature_quality import LabelledFeatures
from ganbench.metrics.representation.knn import knn_accuracy
from ganbench.metrics.representation.linear_probe import run_linear_probe
from ganbench.metrics.requirements import Generator, NeedsGenerator, SampleFreeMeasurement, SampleFreeMetric
from ganbench.metrics.score import JSON, Better, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

BATCH_SIZE = 250
NEIGHBOURS = 20


@dataclass(frozen=True)
class ModelKNN(SampleFreeMetric, NeedsGenerator):
    """``own-knn``: the accuracy of a vote of 20 neighbours in the first of the model's own features.

    Of ``items`` items of the reference, in a fixed random order, four in five train and the rest tests. The details
    hold the accuracies of vote and linear probe for every feature and for pixels, and the ``spread`` of each feature:
    with features normalised to length 1, the mean standard deviation of a dimension times the square root of the
    number of dimensions (0 means collapse: all features are equal).

    Attributes:
        items: The number of items.
        model: The model; the evaluator sets it.
    """

    name: ClassVar[str] = "own-knn"
    better: ClassVar[Better] = "higher"

    items: int = 5000
    model: Generator | None = None

    def with_generator(self, generator: Generator, n: int | None, seed: int) -> ModelKNN:
        """Return a copy of the metric with this model."""
        return replace(self, model=generator)

    def begin(self, reference: Dataset) -> ModelKNNMeasurement:
        """Return a measurement. Raises UserError if the reference has no classes."""
        if not reference.info.classes:
            raise UserError(
                f"metric '{self.name}' needs data with classes, and '{reference.info.name}' has none"
            )
        return ModelKNNMeasurement(self, reference)


class ModelKNNMeasurement(SampleFreeMeasurement):
    """Computes the accuracies of the model's features."""

    def __init__(self, metric: ModelKNN, reference: Dataset) -> None:
        self._metric, self._reference = metric, reference

    def score(self) -> Score:
        """Return the accuracy. Raises UserError if there is no model, or it has no features."""
        metric, reference = self._metric, self._reference
        order = torch.randperm(reference.info.size, generator=torch.Generator().manual_seed(0))
        index = order[: metric.items]
        features = {} if metric.model is None else _model_features(metric.model, reference, index)
        if not features:
            raise UserError(
                f"metric '{metric.name}' needs a model with an encoder, or with a discriminator that has features"
            )
        first = next(iter(features))
        features["pixels"] = reference.info.from_data(reference.items(index)).flatten(1)
        labels = reference.labels(index)
        assert labels is not None, "a set with classes has labels"
        train_size = len(index) * 4 // 5
        table: dict[str, dict[str, float]] = {}
        for name, rows in features.items():
            data = LabelledFeatures(
                rows[:train_size],
                labels[:train_size],
                rows[train_size:],
                labels[train_size:],
                len(reference.info.classes),
            )
            table[name] = {
                "knn": knn_accuracy(data, min(NEIGHBOURS, train_size))[0],
                "probe": run_linear_probe(data).accuracy,
                "spread": _spread(rows),
            }
        details: dict[str, JSON] = {"table": table}
        return Score(
            name=metric.name,
            value=table[first]["knn"],
            better=metric.better,
            details=details,
            measured={
                "samples": 0,
                "reference": reference_record(reference, len(index)),
                "learnt_from": train_size,
                "feature": first,
                "versions": versions("ganbench", "torch"),
            },
        )


def _model_features(model: Generator, reference: Dataset, index: Tensor) -> dict[str, Tensor]:
    batches = [model.features(reference.items(part)) for part in torch.split(index, BATCH_SIZE)]
    return {name: torch.cat([batch[name] for batch in batches]) for name in batches[0]}


def _spread(features: Tensor) -> float:
    normalised = functional.normalize(features)
    return float(normalised.std(0, correction=0).mean() * features.shape[1] ** 0.5)
