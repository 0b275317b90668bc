"""Score how much a model's features know about the classes of real images, with two baselines.

The baselines are the same networks untrained, and raw pixels.

The linear probe follows Alain and Bengio (2016), arXiv:1610.01644; the nearest neighbour follows Adversarial
Feature Learning (2016), arXiv:1605.09782.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.metrics.intervals import wilson_interval
from ganbench.metrics.labels import dataset_labels, require_same_classes
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.representation.feature_quality import LabelledFeatures
from ganbench.metrics.representation.probe_suite import (
    DECAY,
    ITERATIONS,
    NEIGHBOURS,
    TEMPERATURE,
    ProbeScores,
    index_batches,
    pixel_baseline,
    run_probes,
)
from ganbench.metrics.score import JSON, Score
from ganbench.utils.progress import DurationEstimator, Notify, print_note

PROBE_CURVES = "probe_cross_entropy"  # in the details: a list for each row of the table
_NAME = "representation"


def representation_scores(
    model: Model,
    train: Dataset,
    test: Dataset,
    *,
    untrained: Model | None = None,
    pixels: bool = True,
    note: Notify = print_note,
) -> list[Score]:
    """Train probes on all of ``train`` for every representation of the model, and test them on all of ``test``.

    The value is the test accuracy of the linear probe on the first representation. The details hold a table with a row
    for each representation, the same of the ``untrained`` model, and pixels: the accuracy of the probe (logistic
    regression on features scaled to standard deviation 1), of the nearest neighbour by Euclidean distance, and of a
    vote of 20 neighbours by cosine.

    Args:
        model: The model.
        train: Labelled items to train on.
        test: Labelled held-out items.
        untrained: The same model before training, as a baseline.
        pixels: Whether to add pixels as a baseline.
        note: Receives a line that says that this takes minutes.

    Raises:
        UserError: the model has no features, or the data sets have no classes or different ones.
    """
    require_same_classes(_NAME, train, test)
    labels = dataset_labels(train, _NAME), dataset_labels(test, _NAME)
    note(
        f"training probes on all {train.info.size:,} pictures and testing on {test.info.size:,}, for each "
        "representation, the same untrained, and pixels: minutes"
    )
    trained = _rows(model, train, test, labels, note)
    if not trained:
        raise UserError(f"'{_NAME}' needs a model with an encoder or with a discriminator that has features")
    rows = dict(trained)
    if untrained is not None:
        baseline = _rows(untrained, train, test, labels, note)
        rows |= {f"{name} untrained": row for name, row in baseline.items()}
    if pixels:
        rows["pixels"] = pixel_baseline(train, test)
    first = next(iter(trained))
    value = trained[first].probe.accuracy
    details: dict[str, JSON] = {
        "interval_95": wilson_interval(value, test.info.size),
        "table": {name: row.accuracies() for name, row in rows.items()},
        PROBE_CURVES: {name: row.loss_curve() for name, row in rows.items()},
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
                "probe": {"decay": DECAY, "rounds": ITERATIONS, "scaled": "mean 0, deviation 1 of train"},
                "neighbours": {"one": "Euclidean", "votes": NEIGHBOURS, "temperature": TEMPERATURE},
                "versions": versions("ganbench", "torch"),
            },
        )
    ]


def _rows(
    model: Model, train: Dataset, test: Dataset, labels: tuple[Tensor, Tensor], note: Notify
) -> dict[str, ProbeScores]:
    train_features, test_features = _features(model, train, note), _features(model, test, note)
    return {
        name: run_probes(
            LabelledFeatures(rows, labels[0], test_features[name], labels[1], len(train.info.classes))
        )
        for name, rows in train_features.items()
    }


def _features(model: Model, items: Dataset, note: Notify) -> dict[str, Tensor]:
    size, done, parts = items.info.size, 0, []
    forecast = DurationEstimator(f"the model's features of {size:,} pictures of '{items.info.name}'", note)
    for index in index_batches(items):
        parts.append(model.features(items.items(index)))
        done += len(index)
        forecast(done, size)
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
