"""Score translations by their true counterparts: the distance to them, and whether the same factors are read."""

from __future__ import annotations

from typing import Any

import torch

from ganbench.algorithms.capabilities import domains_of
from ganbench.data.base import Dataset
from ganbench.data.pairs import UnpairedImages
from ganbench.errors import UserError
from ganbench.evaluation.model_metrics.factor_reading import FactorReader, factor_reader
from ganbench.inference.model import Model
from ganbench.metrics.intervals import wilson_interval
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.score import JSON, Score

_BATCH_SIZE = 250


def counterpart_scores(model: Model, train: Dataset, items: Dataset) -> list[Score]:
    """Score the translations from a to b of all held-out items.

    ``counterparts`` is the mean absolute difference between a translation and its counterpart, on a scale from 0 to 1.
    Where the factors of b's images are known, ``factors`` is the share of translations from which a network reads all
    factors right that are classes, such as figure and colour. The details hold the share of each, and those of real
    images, which the network, trained on ``train``, does not reach by more than its own errors.

    Raises:
        UserError: the counterparts are not known, or the model does not translate to b.
    """
    if not isinstance(items, UnpairedImages) or not items.aligned:
        raise UserError(
            f"'counterparts' needs pairs of images, such as aligned-pairs, and '{items.info.name}' has none"
        )
    if "b" not in domains_of(model.algorithm):
        raise UserError("'counterparts' needs a model that translates to domain b, such as pix2pix-shapes")
    reader, size, distance = factor_reader(train, items), items.info.size, 0.0
    right: dict[str, int] = {}
    for index in torch.split(torch.arange(size), _BATCH_SIZE):
        real, translated = items.items(index), model.translate(items.source_items(index), target="b")
        distance += float((translated.double() - real.double()).abs().flatten(1).mean(1).sum()) / 255
        if reader is not None:
            read = reader.right(translated, index)
            read["all"] = torch.stack(list(read.values())).all(0)
            right = {name: right.get(name, 0) + int(values.sum()) for name, values in read.items()}
    measured: dict[str, Any] = {
        "samples": size,
        "a": reference_record(items.a, size),
        "b": reference_record(items.b, size),
        "generator": {"step": model.step, "weights": model.weights},
        "scale": "0 to 1, pictures as bytes",
        "versions": versions("ganbench", "torch"),
    }
    scores = [Score(name="counterparts", value=distance / size, better="lower", measured=measured)]
    if reader is not None:
        scores.append(_factors(reader, {name: count / size for name, count in right.items()}, measured))
    return scores


def _factors(reader: FactorReader, shares: dict[str, float], measured: dict[str, Any]) -> Score:
    value = shares.pop("all")
    details: dict[str, JSON] = {
        "interval_95": wilson_interval(value, measured["samples"]),
        "right": dict(shares),
        "right_of_real": {name: reader.predictor.quality[name] for name in shares},
    }
    measured = {**measured, "reader": dict(reader.predictor.record)}
    return Score(name="factors", value=value, better="higher", details=details, measured=measured)
