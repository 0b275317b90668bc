"""How a model's own features tell the classes of real pictures, followed while it trains; no test picture is used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.representation.feature_quality import Labelled
from ganbench.metrics.representation.knn import voted
from ganbench.metrics.representation.linear_probe import probed
from ganbench.metrics.requirements import Generator, MeasurementWithoutSamples, NeedsGenerator, WithoutSamples
from ganbench.metrics.score import JSON, Better, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

_CHUNK = 250


@dataclass(frozen=True)
class OwnFeatures(WithoutSamples, NeedsGenerator):
    """``own-knn``: the accuracy of the vote of 20 neighbours in the first of the model's own features.

    Of ``items`` items of the reference, in a fixed random order, four in five are learnt from and the rest judged.
    The details have every feature's vote and linear probe, the same of pixels, and ``spread``: of features of length
    1 the mean standard deviation of a channel, times the root of their number (0: all are alike, collapse).
    """

    items: int = 5000
    model: Generator | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return "own-knn"

    @property
    def better(self) -> Better:
        """Higher is better."""
        return "higher"

    def with_generator(self, generator: Generator, n: int | None, seed: int) -> OwnFeatures:
        """Return the same metric of this model."""
        return replace(self, model=generator)

    def begin(self, reference: Dataset) -> OwnFeaturesMeasurement:
        """Return a measurement. Raises UserError if the reference has no classes."""
        if not reference.info.classes:
            raise UserError(f"metric 'own-knn' needs data with classes, and '{reference.info.name}' has none")
        return OwnFeaturesMeasurement(self, reference)


class OwnFeaturesMeasurement(MeasurementWithoutSamples):
    """The model and the items."""

    def __init__(self, metric: OwnFeatures, reference: Dataset) -> None:
        self._metric, self._reference = metric, reference

    def score(self) -> Score:
        """Return the accuracy. Raises UserError if there is no model, or it shows no features."""
        reference = self._reference
        model = self._metric.model
        order = torch.randperm(reference.info.size, generator=torch.Generator().manual_seed(0))
        index = order[: self._metric.items]
        rows = {} if model is None else _rows(model, reference, index)
        if not rows:
            raise UserError("metric 'own-knn' needs a model with an encoder or a D that shows its features")
        first = next(iter(rows))
        rows["pixels"] = reference.info.from_data(reference.items(index)).flatten(1)
        labels = reference.labels(index)
        assert labels is not None, "a set with classes has labels"
        table: dict[str, JSON] = {}
        value = 0.0
        for name, features in rows.items():
            split = len(index) * 4 // 5
            of = Labelled(
                features[:split],
                labels[:split],
                features[split:],
                labels[split:],
                len(reference.info.classes),
            )
            vote, _ = voted(of, min(20, split))
            table[name] = {"knn": vote, "probe": probed(of).accuracy, "spread": _spread(features)}
            value = vote if name == first else value
        return Score(
            name="own-knn",
            value=value,
            better="higher",
            details={"table": table},
            measured={
                "samples": 0,
                "reference": reference_record(reference, len(index)),
                "learnt_from": len(index) * 4 // 5,
                "feature": first,
                "versions": versions("ganbench", "torch"),
            },
        )


def _rows(model: Generator, reference: Dataset, index: Tensor) -> dict[str, Tensor]:
    parts = [model.features(reference.items(part)) for part in torch.split(index, _CHUNK)]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _spread(features: Tensor) -> float:
    lengths = torch.nn.functional.normalize(features)
    return float(lengths.std(0, correction=0).mean() * features.shape[1] ** 0.5)
