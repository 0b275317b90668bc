"""Score image translation between two domains: cycle consistency, preserved classes, and distance to hidden pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ganbench.algorithms.capabilities import domains_of
from ganbench.data.base import Dataset
from ganbench.data.pairs import UnpairedImages
from ganbench.data.registry import datasets
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.metrics.classes.classifier import load_or_train_classifier
from ganbench.metrics.extractors.classifier import ClassifierFeatures
from ganbench.metrics.intervals import wilson_interval
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.score import JSON, Score

_BATCH_SIZE = 250


@dataclass(frozen=True)
class _Direction:
    """One direction of translation: the images to translate, and those of the target domain by the same index."""

    name: str
    source_domain: str
    target_domain: str
    source: Dataset
    target: Dataset
    source_images: Callable[[Tensor], Tensor]
    target_images: Callable[[Tensor], Tensor]


def translation_scores(model: Model, items: Dataset) -> list[Score]:
    """Score the translation of all items of both domains, in the directions that the model has.

    ``cycle`` is the mean absolute difference, on a scale from 0 to 1, between an image and the same image translated
    there and back, over both domains; a model of one direction has none. Where both domains are named data sets with
    the same classes, ``translation`` is the accuracy with which a classifier of the target domain recognizes the class
    of translated images, the smaller of the directions. The details hold each direction, the accuracy on real images,
    and, where the true counterparts are known, the distance to them.

    Raises:
        UserError: the items are not of two domains, the model translates to neither, or there is nothing to compare
            with: no way back, and no classes.
    """
    if not isinstance(items, UnpairedImages):
        raise UserError(f"'translation' needs the items of two domains, and '{items.info.name}' has one")
    domains = domains_of(model.algorithm)
    both = (
        _Direction("a to b", "a", "b", items.a, items.b, items.source_items, items.items),
        _Direction("b to a", "b", "a", items.b, items.a, items.items, items.source_items),
    )
    directions = [direction for direction in both if direction.target_domain in domains]
    if not directions:
        raise UserError("'translation' needs a model that translates to b or a, such as cyclegan-mnist")
    distances = {d.name: _distances(model, d, items.aligned) for d in directions}
    measured: dict[str, Any] = {
        "samples": items.a.info.size + items.b.info.size,
        "a": reference_record(items.a, items.a.info.size),
        "b": reference_record(items.b, items.b.info.size),
        "generator": {"step": model.step, "weights": model.weights},
        "scale": "0 to 1, pictures as bytes",
        "versions": versions("ganbench", "torch"),
    }
    scores = []
    if len(directions) == len(both):
        cycle = sum(row["cycle_l1"] for row in distances.values()) / len(both)
        details: dict[str, JSON] = {"ways": distances}
        scores = [Score(name="cycle", value=cycle, better="lower", details=details, measured=measured)]
    are_named_sets = {items.a.info.name, items.b.info.name} <= set(datasets())
    if are_named_sets and items.a.info.classes and items.a.info.classes == items.b.info.classes:
        scores.insert(0, _class_accuracy(model, directions, distances, measured))
    if not scores:
        raise UserError(
            f"'translation' has nothing to compare with: the model translates one way only, and '{items.info.name}' "
            "has no classes; measure fd or counterparts"
        )
    return scores


def _distances(model: Model, direction: _Direction, aligned: bool) -> dict[str, float]:
    """Return the mean absolute distances after a full cycle, if the model translates back, and to the counterparts.

    The latter are known if ``aligned``.
    """
    size, returns = direction.source.info.size, direction.source_domain in domains_of(model.algorithm)
    cycle = counterpart = 0.0
    for index in torch.split(torch.arange(size), _BATCH_SIZE):
        images = direction.source_images(index)
        translated = model.translate(images, target=direction.target_domain)
        if returns:
            back = model.translate(translated, target=direction.source_domain)
            cycle += sum_of_distances(back, images)
        if aligned:
            counterpart += sum_of_distances(translated, direction.target_images(index))
    distances = {"cycle_l1": cycle / size} if returns else {}
    return distances | ({"hidden_pair_l1": counterpart / size} if aligned else {})


def sum_of_distances(x: Tensor, y: Tensor) -> float:
    """Return the sum over images of their mean absolute difference, pixels scaled to 0..1."""
    return float((x.double() - y.double()).abs().flatten(1).mean(1).sum()) / 255


def _class_accuracy(
    model: Model,
    directions: Sequence[_Direction],
    distances: Mapping[str, Mapping[str, float]],
    measured: Mapping[str, JSON],
) -> Score:
    details: dict[str, JSON] = {}
    classifiers: dict[str, JSON] = {}
    accuracies = []
    for direction in directions:
        classifier = ClassifierFeatures(load_or_train_classifier(direction.target.info.name))

        def translate(index: Tensor, direction: _Direction = direction) -> Tensor:
            return model.translate(direction.source_images(index), target=direction.target_domain)

        accuracy = _accuracy(classifier, translate, direction.source, direction.target.info.shape[0])
        real_accuracy = _accuracy(
            classifier, direction.target.items, direction.target, direction.target.info.shape[0]
        )
        accuracies.append(accuracy)
        details[direction.name] = {
            "accuracy": accuracy,
            "interval_95": wilson_interval(accuracy, direction.source.info.size),
            "accuracy_of_real": real_accuracy,
            **distances[direction.name],
        }
        classifiers[direction.name] = features_record(classifier)
    return Score(
        name="translation",
        value=min(accuracies),
        better="higher",
        details=details,
        measured={**measured, "classifiers": classifiers},
    )


def _accuracy(
    classifier: ClassifierFeatures, images: Callable[[Tensor], Tensor], dataset: Dataset, channels: int
) -> float:
    """Return the share of ``images(index)`` whose class, by the labels of ``dataset``, the classifier predicts."""
    correct = 0
    for index in torch.split(torch.arange(dataset.info.size), _BATCH_SIZE):
        batch, labels = images(index), dataset.labels(index)
        assert labels is not None, "a data set with classes has labels"
        if channels < batch.shape[1]:  # a grey domain: its three channels differ only by what translation did
            batch = batch.float().mean(1, keepdim=True).round().to(torch.uint8)
        correct += int((classifier.logits(batch).argmax(1) == labels).sum())
    return correct / dataset.info.size
