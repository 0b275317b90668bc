"""Score what a model's networks tell of the classes of real pictures, beside the same networks untrained and pixels.

The linear probe of Alain and Bengio (2016), arXiv:1610.01644, and the nearest neighbour by which Adversarial Feature
Learning (2016), arXiv:1605.09782, judges its features.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.metrics.base import JSON, Score
from ganbench.metrics.conditional_accuracy import wilson_interval
from ganbench.metrics.feature_quality import Labelled
from ganbench.metrics.labels import labels_of, require_same_classes
from ganbench.metrics.linear_probe import probed
from ganbench.metrics.nearest_classes import matched, voted
from ganbench.metrics.record import reference_record, versions
from ganbench.model import Model

_CHUNK = 500
_NAME = "representation"
_DECAY, _ROUNDS, _K, _TEMPERATURE = 1e-3, 100, 20, 0.07


def representation_scores(
    model: Model, train: Dataset, test: Dataset, *, untrained: Model | None = None, pixels: bool = True
) -> list[Score]:
    """Score every representation that the model has, learnt from all of ``train`` and judged on all of ``test``.

    The value is the accuracy of the linear probe of the first one. The details have a table: for each representation,
    for the same ones ``untrained`` and for pixels, the accuracy of the probe (logistic regression on features scaled
    to deviation 1), of the nearest item by Euclidean distance, and of a vote of 20 neighbours by cosine.

    Raises:
        UserError: the model shows no features, or the sets have no classes or different ones.
    """
    require_same_classes(_NAME, train, test)
    labels = labels_of(train, _NAME), labels_of(test, _NAME)
    learnt = _tables(model, train, test, labels)
    if not learnt:
        raise UserError(f"'{_NAME}' needs a model with an encoder or a D that shows its features")
    table: dict[str, JSON] = dict(learnt)
    if untrained is not None:
        table |= {f"{name} untrained": row for name, row in _tables(untrained, train, test, labels).items()}
    if pixels:
        table["pixels"] = _row(_pixels(train), _pixels(test), labels, train)
    first = next(iter(learnt))
    value = learnt[first]["probe"]
    return [
        Score(
            name=f"{_NAME}[{first}]",
            value=value,
            better="higher",
            details={"interval_95": wilson_interval(value, test.info.size), "table": table},
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


def _tables(
    model: Model, train: Dataset, test: Dataset, labels: tuple[Tensor, Tensor]
) -> dict[str, Mapping[str, float]]:
    seen, new = _features(model, train), _features(model, test)
    return {name: _row(rows, new[name], labels, train) for name, rows in seen.items()}


def _features(model: Model, items: Dataset) -> dict[str, Tensor]:
    parts = [model.features(items.items(index)) for index in _chunks(items)]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _pixels(items: Dataset) -> Tensor:
    return torch.cat([items.info.from_data(items.items(index)).flatten(1) for index in _chunks(items)])


def _chunks(items: Dataset) -> tuple[Tensor, ...]:
    return torch.split(torch.arange(items.info.size), _CHUNK)


def _row(train: Tensor, test: Tensor, labels: tuple[Tensor, Tensor], items: Dataset) -> Mapping[str, float]:
    of = Labelled(train, labels[0], test, labels[1], len(items.info.classes))
    accuracy, learnt = probed(of, _DECAY, _ROUNDS)
    vote, _ = voted(of, min(_K, len(train)), _TEMPERATURE)
    return {"probe": accuracy, "probe_train": learnt, "one_neighbour": matched(of), "knn": vote}
