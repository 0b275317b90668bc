"""Score what a model's networks tell of the classes of real pictures, beside the same networks untrained and pixels.

The linear probe of Alain and Bengio (2016), arXiv:1610.01644, and the nearest neighbour by which Adversarial Feature
Learning (2016), arXiv:1605.09782, judges its features.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.metrics.base import JSON, Score
from ganbench.metrics.classifier import Note, tell
from ganbench.metrics.conditional_accuracy import wilson_interval
from ganbench.metrics.feature_quality import Labelled
from ganbench.metrics.labels import labels_of, require_same_classes
from ganbench.metrics.linear_probe import Probed, probed
from ganbench.metrics.nearest_classes import matched, voted
from ganbench.metrics.record import reference_record, versions
from ganbench.model import Model

PROBE_CURVES = "probe_cross_entropy"  # in the details: a list for each row of the table
_MOST_POINTS = 30
_CHUNK = 500
_NAME = "representation"
_DECAY, _ROUNDS, _K, _TEMPERATURE = 1e-3, 100, 20, 0.07


def representation_scores(
    model: Model,
    train: Dataset,
    test: Dataset,
    *,
    untrained: Model | None = None,
    pixels: bool = True,
    note: Note = tell,
) -> list[Score]:
    """Score every representation that the model has, learnt from all of ``train`` and judged on all of ``test``.

    The value is the accuracy of the linear probe of the first one. The details have a table: for each representation,
    for the same ones ``untrained`` and for pixels, the accuracy of the probe (logistic regression on features scaled
    to deviation 1), of the nearest item by Euclidean distance, and of a vote of 20 neighbours by cosine.
    ``note`` is told that this takes a while.

    Raises:
        UserError: the model shows no features, or the sets have no classes or different ones.
    """
    require_same_classes(_NAME, train, test)
    labels = labels_of(train, _NAME), labels_of(test, _NAME)
    note(
        f"learning from all {train.info.size:,} pictures and judging {test.info.size:,}, for each representation, the "
        "same untrained, and pixels: minutes"
    )
    learnt = _rows(model, train, test, labels)
    if not learnt:
        raise UserError(f"'{_NAME}' needs a model with an encoder or a D that shows its features")
    rows = dict(learnt)
    if untrained is not None:
        rows |= {f"{name} untrained": row for name, row in _rows(untrained, train, test, labels).items()}
    if pixels:
        rows["pixels"] = _row(_pixels(train), _pixels(test), labels, train)
    first = next(iter(learnt))
    value = learnt[first].probe.accuracy
    details: dict[str, JSON] = {
        "interval_95": wilson_interval(value, test.info.size),
        "table": {name: row.numbers() for name, row in rows.items()},
        PROBE_CURVES: {name: row.curve() for name, row in rows.items()},
    }
    return [
        Score(
            name=f"{_NAME}[{first}]",
            value=value,
            better="higher",
            details=details,
            measured={
                "samples": 0,
                "reference": reference_record(train, train.info.size),
                "held_out": reference_record(test, test.info.size),
                "generator": {"step": model.step, "weights": model.weights},
                "networks": "frozen, in eval mode",
                "probe": {"decay": _DECAY, "rounds": _ROUNDS, "scaled": "mean 0, deviation 1 of train"},
                "neighbours": {"one": "Euclidean", "votes": _K, "temperature": _TEMPERATURE},
                "versions": versions("ganbench", "torch"),
            },
        )
    ]


@dataclass(frozen=True)
class _Row:
    """What one representation tells: its probe, and the shares that the nearest item and a vote tell rightly."""

    probe: Probed
    one_neighbour: float
    vote: float

    def numbers(self) -> dict[str, JSON]:
        return {
            "probe": self.probe.accuracy,
            "probe_train": self.probe.train_accuracy,
            "one_neighbour": self.one_neighbour,
            "knn": self.vote,
        }

    def curve(self) -> list[JSON]:
        """Return the probe's first cross-entropies, four digits each."""
        return [float(f"{value:.4g}") for value in self.probe.cross_entropy[:_MOST_POINTS]]


def _rows(model: Model, train: Dataset, test: Dataset, labels: tuple[Tensor, Tensor]) -> dict[str, _Row]:
    seen, new = _features(model, train), _features(model, test)
    return {name: _row(rows, new[name], labels, train) for name, rows in seen.items()}


def _features(model: Model, items: Dataset) -> dict[str, Tensor]:
    parts = [model.features(items.items(index)) for index in _chunks(items)]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _pixels(items: Dataset) -> Tensor:
    return torch.cat([items.info.from_data(items.items(index)).flatten(1) for index in _chunks(items)])


def _chunks(items: Dataset) -> tuple[Tensor, ...]:
    return torch.split(torch.arange(items.info.size), _CHUNK)


def _row(train: Tensor, test: Tensor, labels: tuple[Tensor, Tensor], items: Dataset) -> _Row:
    of = Labelled(train, labels[0], test, labels[1], len(items.info.classes))
    vote, _ = voted(of, min(_K, len(train)), _TEMPERATURE)
    return _Row(probed(of, _DECAY, _ROUNDS), matched(of), vote)
