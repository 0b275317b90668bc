"""Memorization: whether a generator copies training images, by its samples' nearest training and held-out images.

The tests are in ``data_copying``. ``docs/metrics.md`` explains why the share of close pairs alone is not enough.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import FeatureExtractor, score_name
from ganbench.metrics.features.feature_cache import all_features, feature_batches
from ganbench.metrics.features.nearest import find_nearest
from ganbench.metrics.features.reference import reference_features
from ganbench.metrics.image_metric import FeatureCollector, ImageMetric
from ganbench.metrics.memorization.cells import assign_cells, kmeans_centres
from ganbench.metrics.memorization.data_copying import (
    MIN_PER_CELL,
    QUANTILE,
    NearCopies,
    SampleDistances,
    near_copies,
    three_sample_test,
)
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.requirements import NeedsHeldOut, require_held_out
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import Gallery, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

SIGNIFICANCE_LEVEL = 0.05
GALLERY_SAMPLES = 12
THUMBNAIL_SIZE = 64


@dataclass(frozen=True)
class Memorization(ImageMetric, NeedsHeldOut):
    """``memorization[<features>]``: the estimated share of samples that copy training images; lower is better.

    The reference is the training set. For samples without copies the estimate lies around 0.

    Attributes:
        features: The feature extractor.
        held_out: Other images of the same kind; the evaluator sets it.
        cells: The number of cells of the three-sample test.
        quantile: The quantile of distances that is the threshold of near-copies.
    """

    min_samples: ClassVar[int] = 100  # with fewer, one sample is more than a hundredth

    features: FeatureExtractor
    held_out: Dataset | None = None
    cells: int = 10
    quantile: float = QUANTILE

    @property
    def name(self) -> str:
        """The metric and its features, since distances depend on them."""
        return score_name("memorization", self.features)

    def with_held_out(self, held_out: Dataset) -> Memorization:
        """Return a copy of the metric with these images."""
        return replace(self, held_out=held_out)

    def begin(self, reference: Dataset) -> MemorizationMeasurement:
        """Return an empty measurement. Raises UserError if held-out images are missing, unsuitable or too few."""
        held_out = require_held_out(self.name, reference, self.held_out)
        if held_out.info.size < self.min_samples:
            raise UserError(
                f"metric '{self.name}' needs at least {self.min_samples} held-out images, "
                f"and '{held_out.info.name}' has {held_out.info.size}"
            )
        return MemorizationMeasurement(self, reference, held_out)


class MemorizationMeasurement:
    """Collects the features of samples, and their thumbnails for the gallery."""

    def __init__(self, metric: Memorization, reference: Dataset, held_out: Dataset) -> None:
        self._metric, self._reference, self._held_out = metric, reference, held_out
        self._collector = FeatureCollector(metric.features)
        self._thumbnails: list[Tensor] = []

    def add(self, batch: SampleBatch) -> None:
        """Collect one batch of images."""
        self._collector.add(batch)
        self._thumbnails.append(make_thumbnails(batch.samples))

    def score(self) -> Score:
        """Return the estimated share of copies."""
        metric, info = self._metric, self._held_out.info
        distances = self._distances()
        near, three = near_copies(distances, metric.quantile), three_sample_test(distances)
        return Score(
            name=metric.name,
            value=near.copied_share,
            better=metric.better,
            details={
                "interval_95": list(near.interval),
                "p": near.p,
                "near_copies": near.share,
                "near_copies_expected": near.expected_share,
                "near_copies_p": near.share_p,
                "near_train": near.train_samples,
                "near_held_out": near.held_out_samples,
                "pictures": near.images,
                "train_pictures": near.train_images,
                "train_pictures_by_chance": near.expected_train_images,
                "threshold": near.threshold,
                "c_t": three.statistic,
                "c_t_p": three.p,
                "c_t_cells": three.cells,
                "verdict": verdict(near, len(self._collector), info.size),
            },
            measured={
                "samples": len(self._collector),
                "reference": reference_record(self._reference, self._reference.info.size),
                "held_out": reference_record(self._held_out, info.size),
                "features": features_record(metric.features),
                "quantile": metric.quantile,
                "cells": metric.cells,
                "least_in_cell": MIN_PER_CELL,
                "distances": "Euclidean, float32",
                "decides": "p",
                "level": SIGNIFICANCE_LEVEL,
                "versions": versions("ganbench", "torch"),
            },
            gallery=self._gallery(distances),
        )

    def _distances(self) -> SampleDistances:
        metric, samples = self._metric, self._collector.features()
        held_out = all_features(self._held_out, metric.features)
        to_train = find_nearest(
            torch.cat([samples, held_out]), feature_batches(self._reference, metric.features)
        )
        to_held_out = find_nearest(samples, [held_out])
        centres = kmeans_centres(reference_features(self._reference, metric.features), metric.cells)
        return SampleDistances(
            training_images=self._reference.info.size,
            to_train=to_train.distances[: len(samples), 0],
            to_held_out=to_held_out.distances[:, 0],
            nearest_train=to_train.indices[: len(samples), 0],
            nearest_held_out=to_held_out.indices[:, 0],
            held_out_to_train=to_train.distances[len(samples) :, 0],
            cells=assign_cells(samples, centres),
            held_out_cells=assign_cells(held_out, centres),
        )

    def _gallery(self, distances: SampleDistances) -> Gallery:
        """Return the closest samples, each followed by its nearest training and its nearest held-out image."""
        order = distances.to_train.argsort()[:GALLERY_SAMPLES]
        train = make_thumbnails(self._reference.items(distances.nearest_train[order]))
        held_out = make_thumbnails(self._held_out.items(distances.nearest_held_out[order]))
        samples = torch.cat(self._thumbnails)[order]
        return Gallery(torch.stack([samples, train, held_out], 1).flatten(0, 1), columns=6)


def verdict(near: NearCopies, samples: int, held_out: int) -> str:
    """Return one plain sentence on the near-copies, given the numbers of samples and held-out images."""
    sides = (
        f"of {near.images} real pictures that samples come that near to, {near.train_images} are training "
        f"pictures, where chance gives {near.expected_train_images:.1f} (p = {near.p:.2g})"
    )
    if near.p < SIGNIFICANCE_LEVEL:
        low, high = (min(1.0, max(0.0, edge)) for edge in near.interval)
        copied = (
            f"about {near.copied_share:.1%} of the samples ({low:.1%} to {high:.1%}) copy training pictures"
        )
        return f"Copies: {copied}; {sides}."
    close = (
        f"{near.share:.1%} of {samples:,} samples lie as near to a training picture "
        f"as {near.expected_share:.1%} of held-out pictures do"
    )
    if near.share_p < SIGNIFICANCE_LEVEL <= near.min_p:
        few = f"{held_out:,} held-out pictures are too few to say whether they are copies"
        return f"Cannot tell: {close}, but {few}."
    if near.share_p < SIGNIFICANCE_LEVEL:
        return f"No sign of copying: {close}, but to held-out pictures they lie as near; {sides}."
    return f"No sign of copying: {close}; {sides}."


def make_thumbnails(images: Tensor) -> Tensor:
    """Return uint8 images ``[N, C, H, W]``, shrunk so that the longer side is at most 64 pixels."""
    longer_side = max(images.shape[2:])
    if longer_side <= THUMBNAIL_SIZE:
        return images
    size = [max(1, round(side * THUMBNAIL_SIZE / longer_side)) for side in images.shape[2:]]
    return functional.interpolate(images.float(), size=size, mode="area").round().to(torch.uint8)
