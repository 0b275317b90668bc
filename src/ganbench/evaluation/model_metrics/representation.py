"""Score what a model's networks tell of the classes of real pictures, beside the same networks untrained and pixels.

The linear probe of Alain and Bengio (2016), arXiv:1610.01644, and the nearest neighbour by which Adversarial Feature
Learning (2016), arXiv:1605.09782, judges its features.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.metrics.classes.conditional_accuracy import wilson_interval
from ganbench.metrics.labels import labels_of, require_same_classes
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.representation.feature_quality import Labelled
from ganbench.metrics.representation.probe_suite import (
    DECAY,
    NEIGHBOURS,
    ROUNDS,
    TEMPERATURE,
    ProbeScores,
    chunks,
    probe_suite,
    told_by_pixels,
)
from ganbench.metrics.score import JSON, Score
from ganbench.utils.progress import Forecast, Note, print_note

PROBE_CURVES = "probe_cross_entropy"  # in the details: a list for each row of the table
_NAME = "representation"


def representation_scores(
    model: Model,
    train: Dataset,
    test: Dataset,
    *,
    untrained: Model | None = None,
    pixels: bool = True,
    note: Note = print_note,
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
    learnt = _rows(model, train, test, labels, note)
    if not learnt:
        raise UserError(f"'{_NAME}' needs a model with an encoder or a D that shows its features")
    rows = dict(learnt)
    if untrained is not None:
        before = _rows(untrained, train, test, labels, note)
        rows |= {f"{name} untrained": row for name, row in before.items()}
    if pixels:
        rows["pixels"] = told_by_pixels(train, test)
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
                "probe": {"decay": DECAY, "rounds": ROUNDS, "scaled": "mean 0, deviation 1 of train"},
                "neighbours": {"one": "Euclidean", "votes": NEIGHBOURS, "temperature": TEMPERATURE},
                "versions": versions("ganbench", "torch"),
            },
        )
    ]


def _rows(
    model: Model, train: Dataset, test: Dataset, labels: tuple[Tensor, Tensor], note: Note
) -> dict[str, ProbeScores]:
    seen, new = _features(model, train, note), _features(model, test, note)
    return {
        name: probe_suite(Labelled(rows, labels[0], new[name], labels[1], len(train.info.classes)))
        for name, rows in seen.items()
    }


def _features(model: Model, items: Dataset, note: Note) -> dict[str, Tensor]:
    size, done, parts = items.info.size, 0, []
    forecast = Forecast(f"the model's features of {size:,} pictures of '{items.info.name}'", note)
    for index in chunks(items):
        parts.append(model.features(items.items(index)))
        done += len(index)
        forecast(done, size)
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
