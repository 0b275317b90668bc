"""Does a generator copy training pictures? Its samples' nearest training pictures next to nearest held-out ones.

The tests are in ``data_copying``; on why the share of close pairs alone does not decide see ``docs/metrics.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import FeatureExtractor, score_name
from ganbench.metrics.features.feature_cache import all_rows, feature_blocks
from ganbench.metrics.features.nearest import nearest
from ganbench.metrics.features.reference import reference_rows
from ganbench.metrics.image_metric import PictureMetric, Rows
from ganbench.metrics.memorization.cells import cell_of, centres_of
from ganbench.metrics.memorization.data_copying import (
    LEAST,
    QUANTILE,
    Distances,
    NearCopies,
    near_copies,
    three_sample_test,
)
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.requirements import NeedsHeldOut, require_held_out
from ganbench.metrics.sample_batch import Chunk
from ganbench.metrics.score import Gallery, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

LEVEL = 0.05
SHOWN = 12  # of the closest samples, in the gallery
THUMBNAIL = 64  # pixels, of larger pictures in the gallery


@dataclass(frozen=True)
class Memorization(PictureMetric, NeedsHeldOut):
    """``memorization[<features>]``: about which share of the samples are copies of training pictures; lower is better.

    The reference is what the generator was trained on, ``held_out`` other pictures of the same kind. The share is
    an estimate, which for samples without copies lies around 0. ``cells`` are those of the three-sample test.
    """

    features: FeatureExtractor
    held_out: Dataset | None = None
    cells: int = 10
    quantile: float = QUANTILE

    @property
    def name(self) -> str:
        """The features are in the name: near in one kind of features is not near in another."""
        return score_name("memorization", self.features)

    @property
    def min_samples(self) -> int:
        """Below that, a hundredth is one sample."""
        return 100

    def with_held_out(self, held_out: Dataset) -> Memorization:
        """Return the same metric with these pictures."""
        return replace(self, held_out=held_out)

    def begin(self, reference: Dataset) -> MemorizationMeasurement:
        """Return an empty measurement. Raises UserError if there are no held-out pictures, or they do not serve."""
        held_out = require_held_out(self.name, reference, self.held_out)
        if held_out.info.size < self.min_samples:
            raise UserError(
                f"metric '{self.name}' needs at least {self.min_samples} held-out pictures, "
                f"and '{held_out.info.name}' has {held_out.info.size}"
            )
        return MemorizationMeasurement(self, reference, held_out)


def verdict(found: NearCopies, samples: int, held_out: int) -> str:
    """Say in one plain sentence what was found of so many samples with so many held-out pictures."""
    sides = (
        f"of {found.pictures} real pictures that samples come that near to, {found.train_pictures} are training "
        f"pictures, where chance gives {found.chance:.1f} (p = {found.p:.2g})"
    )
    if found.p < LEVEL:
        low, high = (min(1.0, max(0.0, edge)) for edge in found.interval)
        copied = f"about {found.copied:.1%} of the samples ({low:.1%} to {high:.1%}) copy training pictures"
        return f"Copies: {copied}; {sides}."
    near = (
        f"{found.share:.1%} of {samples:,} samples lie as near to a training picture "
        f"as {found.expected:.1%} of held-out pictures do"
    )
    if found.share_p < LEVEL <= found.least_p:
        few = f"{held_out:,} held-out pictures are too few to say whether they are copies"
        return f"Cannot tell: {near}, but {few}."
    if found.share_p < LEVEL:
        return f"No sign of copying: {near}, but to held-out pictures they lie as near; {sides}."
    return f"No sign of copying: {near}; {sides}."


class MemorizationMeasurement:
    """The samples' features so far, and the samples themselves, made small, for the gallery."""

    def __init__(self, metric: Memorization, reference: Dataset, held_out: Dataset) -> None:
        self._metric, self._reference, self._held_out = metric, reference, held_out
        self._rows = Rows(metric.features)
        self._pictures: list[Tensor] = []

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures."""
        self._rows.add(chunk)
        self._pictures.append(thumbnails(chunk.samples))

    def score(self) -> Score:
        """Return the estimated share of copies. Raises UserError if features of the samples are not finite."""
        metric, info = self._metric, self._held_out.info
        if not self._rows.finite:
            raise UserError(f"metric '{metric.name}': some features of the samples are not finite numbers")
        found = self._distances()
        near, three = near_copies(found, metric.quantile), three_sample_test(found)
        return Score(
            name=metric.name,
            value=near.copied,
            better=metric.better,
            details={
                "interval_95": list(near.interval),
                "p": near.p,
                "near_copies": near.share,
                "near_copies_expected": near.expected,
                "near_copies_p": near.share_p,
                "near_train": near.train,
                "near_held_out": near.held_out,
                "pictures": near.pictures,
                "train_pictures": near.train_pictures,
                "train_pictures_by_chance": near.chance,
                "threshold": near.threshold,
                "c_t": three.statistic,
                "c_t_p": three.p,
                "c_t_cells": three.cells,
                "verdict": verdict(near, len(self._rows), info.size),
            },
            measured={
                "samples": len(self._rows),
                "reference": reference_record(self._reference, self._reference.info.size),
                "held_out": reference_record(self._held_out, info.size),
                "features": features_record(metric.features),
                "quantile": metric.quantile,
                "cells": metric.cells,
                "least_in_cell": LEAST,
                "distances": "Euclidean, float32",
                "decides": "p",
                "level": LEVEL,
                "versions": versions("ganbench", "torch"),
            },
            gallery=self._gallery(found),
        )

    def _distances(self) -> Distances:
        metric, rows = self._metric, self._rows.matrix()
        held_out = all_rows(self._held_out, metric.features)
        to_train = nearest(torch.cat([rows, held_out]), feature_blocks(self._reference, metric.features))
        to_held_out = nearest(rows, [held_out])
        centres = centres_of(reference_rows(self._reference, metric.features), metric.cells)
        return Distances(
            training=self._reference.info.size,
            to_train=to_train.distances[: len(rows), 0],
            to_held_out=to_held_out.distances[:, 0],
            nearest_train=to_train.places[: len(rows), 0],
            nearest_held_out=to_held_out.places[:, 0],
            between=to_train.distances[len(rows) :, 0],
            cells=cell_of(rows, centres),
            held_out_cells=cell_of(held_out, centres),
        )

    def _gallery(self, found: Distances) -> Gallery:
        """Return the closest samples, each next to its nearest training and its nearest held-out picture."""
        order = found.to_train.argsort()[:SHOWN]
        train = thumbnails(self._reference.items(found.nearest_train[order]))
        held_out = thumbnails(self._held_out.items(found.nearest_held_out[order]))
        samples = torch.cat(self._pictures)[order]
        return Gallery(torch.stack([samples, train, held_out], 1).flatten(0, 1), columns=6)


def thumbnails(pictures: Tensor) -> Tensor:
    """Return uint8 pictures ``[N, C, H, W]`` as they are, or with the longer side made 64 pixels if it is longer."""
    longer = max(pictures.shape[2:])
    if longer <= THUMBNAIL:
        return pictures
    size = [max(1, round(side * THUMBNAIL / longer)) for side in pictures.shape[2:]]
    return functional.interpolate(pictures.float(), size=size, mode="area").round().to(torch.uint8)
