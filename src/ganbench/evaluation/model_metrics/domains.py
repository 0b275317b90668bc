"""Score translations between classes by the known factors: whether they reach the target and keep the rest."""

from __future__ import annotations

from typing import Any

import torch

from ganbench.algorithms.capabilities import domains_of
from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.evaluation.model_metrics.factor_reading import factor_reader
from ganbench.inference.model import Model
from ganbench.metrics.intervals import wilson_interval
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.score import JSON, Score

_BATCH_SIZE = 250


def domain_scores(model: Model, train: Dataset, items: Dataset) -> list[Score]:
    """Score the translation of each held-out item to one of the other domains, each domain equally often.

    A network that is trained on ``train`` reads the factors of the translations. ``domain`` is the share of which it
    reads the target domain, ``content`` the share of which it reads the source's own value of every other factor that
    is a class. The details hold the shares for each target domain, and those of real images.

    Raises:
        UserError: the model's domains are not the classes of the items, or their factors are not known.
    """
    domains, index = domains_of(model.algorithm), torch.arange(items.info.size)
    if len(domains) < 2 or domains != items.info.classes:
        raise UserError(
            "'domains' needs a model that translates between the classes of its data, such as stargan-shapes"
        )
    labels, reader = items.labels(index), factor_reader(train, items)
    assert labels is not None, "data with classes have labels"
    classes = {} if reader is None else {k: v for k, v in reader.truth.items() if torch.equal(v, labels)}
    if reader is None or not classes:
        raise UserError(
            f"'domains' needs data whose factors are known, one of them the class, and '{items.info.name}' has none; "
            "measure accuracy"
        )
    targets = (labels + 1 + index % (len(domains) - 1)) % len(domains)
    reached, kept = torch.zeros(len(index), dtype=torch.bool), torch.ones(len(index), dtype=torch.bool)
    for number, domain in enumerate(domains):
        for rows in torch.split((targets == number).nonzero().squeeze(1), _BATCH_SIZE):
            read = reader.predictor(model.translate(items.items(rows), target=domain))
            reached[rows] = torch.stack([read[name] == number for name in classes]).all(0)
            others = [
                read[name] == values[rows] for name, values in reader.truth.items() if name not in classes
            ]
            kept[rows] = torch.stack(others).all(0) if others else True
    measured: dict[str, Any] = {
        "samples": len(index),
        "held_out": reference_record(items, len(index)),
        "generator": {"step": model.step, "weights": model.weights},
        "reader": dict(reader.predictor.record),
        "versions": versions("ganbench", "torch"),
    }
    scores = []
    for name, right in (("domain", reached), ("content", kept)):
        value = float(right.double().mean())
        details: dict[str, JSON] = {
            "interval_95": wilson_interval(value, len(index)),
            "by_target": {
                domain: float(right[targets == number].double().mean())
                for number, domain in enumerate(domains)
            },
            "right_of_real": {factor: reader.predictor.quality[factor] for factor in reader.truth},
        }
        scores.append(Score(name=name, value=value, better="higher", details=details, measured=measured))
    return scores
