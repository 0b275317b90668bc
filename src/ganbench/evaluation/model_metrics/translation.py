"""Score translation between two domains: the way round, what is still told of the classes, and the hidden pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.data.pairs import Pairs
from ganbench.data.registry import datasets
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.metrics.classes.classifier import classifier_of
from ganbench.metrics.classes.conditional_accuracy import wilson_interval
from ganbench.metrics.extractors.classifier import ClassifierFeatures
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.score import JSON, Better, Score

_CHUNK = 250
_WAYS = (("a to b", False), ("b to a", True))


def translation_scores(model: Model, items: Dataset) -> list[Score]:
    """Score the translation of all of both domains' items.

    ``cycle`` is the mean absolute difference, on a scale from 0 to 1, of pictures and what they are after the whole
    way round, for both domains together. Where both are data sets with classes, ``translation`` is the smaller of the
    two accuracies with which the other domain's classifier tells the class of translated pictures; the details have
    each way's, that of real pictures, and the difference to the pictures that they should have become, if known.

    Raises:
        UserError: the items are not of two domains, or the model translates nothing.
    """
    if not isinstance(items, Pairs):
        raise UserError(f"'translation' needs the items of two domains, and '{items.info.name}' has one")
    rows = {way: _one_way(model, items, back) for way, back in _WAYS}
    cycle = sum(row["cycle_l1"] for row in rows.values()) / 2
    measured: dict[str, Any] = {
        "samples": items.a.info.size + items.b.info.size,
        "a": reference_record(items.a, items.a.info.size),
        "b": reference_record(items.b, items.b.info.size),
        "generator": {"step": model.step, "weights": model.weights},
        "scale": "0 to 1, pictures as bytes",
        "versions": versions("ganbench", "torch"),
    }
    scores = [_score("cycle", cycle, "lower", {"ways": rows}, measured)]
    named = {items.a.info.name, items.b.info.name} <= set(datasets())
    if named and items.a.info.classes and items.a.info.classes == items.b.info.classes:
        scores.insert(0, _accuracy(model, items, rows, measured))
    return scores


def _one_way(model: Model, items: Pairs, back: bool) -> dict[str, float]:
    """Return the mean absolute differences of one domain's pictures after the way round, and to the hidden pairs."""
    take, size = (items.items, items.b.info.size) if back else (items.given, items.a.info.size)
    target = items.given if back else items.items
    cycle = hidden = 0.0
    for index in torch.split(torch.arange(size), _CHUNK):
        there = model.translate(take(index), back=back)
        again = model.translate(there, back=not back)
        cycle += _difference(again, take(index))
        if items.hidden:
            hidden += _difference(there, target(index))
    found = {"cycle_l1": cycle / size}
    return found | ({"hidden_pair_l1": hidden / size} if items.hidden else {})


def _difference(x: Tensor, y: Tensor) -> float:
    return float((x.double() - y.double()).abs().flatten(1).mean(1).sum()) / 255


def _accuracy(
    model: Model, items: Pairs, rows: dict[str, dict[str, float]], measured: dict[str, Any]
) -> Score:
    details: dict[str, JSON] = {}
    judges: dict[str, JSON] = {}
    worst = 1.0
    for way, back in _WAYS:
        source, domain = (items.b, items.a) if back else (items.a, items.b)
        judge = ClassifierFeatures(classifier_of(domain.info.name))

        def translated(index: Tensor, back: bool = back) -> Tensor:
            return model.translate(items.items(index) if back else items.given(index), back=back)

        accuracy = _share_told(judge, domain, source, translated)
        worst = min(worst, accuracy)
        details[way] = {
            "accuracy": accuracy,
            "interval_95": wilson_interval(accuracy, source.info.size),
            "accuracy_of_real": _share_told(judge, domain, domain, domain.items),
            **rows[way],
        }
        judges[way] = features_record(judge)
    return _score("translation", worst, "higher", details, {**measured, "classifiers": judges})


def _share_told(
    judge: ClassifierFeatures, domain: Dataset, source: Dataset, made: Callable[[Tensor], Tensor]
) -> float:
    """Return the share of pictures, made of ``source``'s by number, whose class the domain's classifier tells."""
    right = 0
    for index in torch.split(torch.arange(source.info.size), _CHUNK):
        pictures, labels = made(index), source.labels(index)
        assert labels is not None, "a set with classes has labels"
        if domain.info.shape[0] < pictures.shape[1]:  # three equal channels, but for what translation did
            pictures = pictures.float().mean(1, keepdim=True).round().to(torch.uint8)
        right += int((judge.logits(pictures).argmax(1) == labels).sum())
    return right / source.info.size


def _score(name: str, value: float, better: Better, details: Any, measured: dict[str, Any]) -> Score:
    return Score(name=name, value=value, better=better, details=details, measured=measured)
