"""Score inversion: how close samples come to held-out images, and whether they keep their class."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ganbench.data.base import Dataset
from ganbench.data.registry import datasets
from ganbench.inference.inversion import InversionSettings, invert
from ganbench.inference.model import Model
from ganbench.metrics.classes.classifier import load_or_train_classifier
from ganbench.metrics.extractors.classifier import ClassifierFeatures
from ganbench.metrics.intervals import wilson_interval
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.score import JSON, Score
from ganbench.utils.random_stream import RandomStream

_IMAGES = 100
_SETTINGS = InversionSettings()


def inversion_scores(model: Model, items: Dataset) -> list[Score]:
    """Score the inversion of 100 held-out images, drawn at random, always the same ones.

    ``inversion`` is the mean absolute difference between an image and the closest sample, on a scale from 0 to 1. Where
    the data are a named data set with classes, ``inversion-class`` is the share of these samples in which a classifier
    sees the image's class; the details hold its share on the images themselves.

    Raises:
        UserError: the model makes no images from latent vectors.
    """
    count = min(_IMAGES, items.info.size)
    index = RandomStream(0, "inversion-images").integers(count, items.info.size)
    images = items.items(index)
    inversion = invert(model, images, _SETTINGS)
    measured: dict[str, Any] = {
        "samples": count,
        "items": reference_record(items, count),
        "search": {**asdict(_SETTINGS), "loss": "absolute, of pixels and 2x2, 4x4 means"},
        "generator": {"step": model.step, "weights": model.weights},
        "scale": "0 to 1, pictures as bytes",
        "versions": versions("ganbench", "torch"),
    }
    spread = float(inversion.l1.double().std()) if count > 1 else 0.0
    details: dict[str, JSON] = {"standard_error": spread / count**0.5, "largest": float(inversion.l1.max())}
    score = Score(
        name="inversion", value=float(inversion.l1.mean()), better="lower", details=details, measured=measured
    )
    labels = items.labels(index)
    if labels is None or items.info.name not in datasets():
        return [score]
    classifier = ClassifierFeatures(load_or_train_classifier(items.info.name))
    share, real = (
        float((classifier.logits(x).argmax(1) == labels).double().mean()) for x in (inversion.images, images)
    )
    kept = Score(
        name="inversion-class",
        value=share,
        better="higher",
        details={"interval_95": wilson_interval(share, count), "real": real},
        measured={**measured, "features": features_record(classifier)},
    )
    return [score, kept]
