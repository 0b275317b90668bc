"""Perceptual path length: how fast images change along paths through a generator's latent space.

Karras, Laine and Aila, "A Style-Based Generator Architecture for Generative Adversarial Networks" (2018),
arXiv:1812.04948 (there in LPIPS's VGG features, and per infinitely small step).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.latents.interpolation import slerp
from ganbench.metrics.extractors.base import FeatureExtractor, extract, score_name
from ganbench.metrics.record import features_record, versions
from ganbench.metrics.requirements import Generator, NeedsGenerator, SampleFreeMeasurement, SampleFreeMetric
from ganbench.metrics.score import Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

BATCH_SIZE = 250


@dataclass(frozen=True)
class PathLength(SampleFreeMetric, NeedsGenerator):
    """``ppl[<features>]``: the mean squared feature distance of two near points on a path, over step²; lower is better.

    Each path is a great circle between two random latents. A random point on it is compared with the point one step
    further along.

    Attributes:
        features: The feature extractor.
        generator: The generator; the evaluator sets it.
        paths: The number of paths.
        seed: The seed of latents and points.
        step: The step, as a fraction of the whole path. It is not tiny, since images have whole grey levels, which
            must change.
        cut: The fraction of the distances that is discarded at either end, as in the paper.
    """

    features: FeatureExtractor
    generator: Generator | None = None
    paths: int = 2000
    seed: int = 1
    step: float = 0.05
    cut: float = 0.01

    @property
    def name(self) -> str:
        """The metric and its features."""
        return score_name("ppl", self.features)

    def with_generator(self, generator: Generator, n: int | None, seed: int) -> PathLength:
        """Return this metric with a generator, on ``n`` paths."""
        return replace(self, generator=generator, paths=n or self.paths, seed=seed)

    def begin(self, reference: Dataset) -> PathLengthMeasurement:
        """Return a measurement. Raises UserError if there is no generator, or fewer than 100 paths."""
        if self.generator is None:
            raise UserError(f"metric '{self.name}' needs a generator: score a run, not a folder of images")
        if self.paths < 100:
            raise UserError(f"metric '{self.name}' needs at least 100 paths, not {self.paths}")
        return PathLengthMeasurement(self, self.generator)


class PathLengthMeasurement(SampleFreeMeasurement):
    """Computes path lengths; samples of the pass are ignored."""

    def __init__(self, metric: PathLength, generator: Generator) -> None:
        self._metric, self._generator = metric, generator
        # For all paths at once: the labels of a single batch may not reach every class.
        self._labels = generator.labels(metric.paths)

    def score(self) -> Score:
        """Return the mean path length, without the extremes."""
        metric = self._metric
        lengths = self.lengths().sort().values
        cut = int(metric.cut * len(lengths))
        trimmed = lengths[cut : len(lengths) - cut]
        error = 1.96 * float(trimmed.std()) / len(trimmed) ** 0.5
        value = float(trimmed.mean())
        return Score(
            name=metric.name,
            value=value,
            better=metric.better,
            details={"interval_95": [value - error, value + error], "median": float(lengths.median())},
            measured={
                "samples": 2 * metric.paths,
                "paths": metric.paths,
                "path_seed": metric.seed,
                "step": metric.step,
                "cut": metric.cut,
                "path": "great circle, lengths interpolated; steps anywhere on it",
                "distance": "squared Euclidean, of features",
                **({} if self._labels is None else {"labels": "each class in turn, over all paths"}),
                "features": features_record(metric.features),
                "versions": versions("ganbench", "torch"),
            },
        )

    def lengths(self) -> Tensor:
        """Return the squared feature distance over the squared step on each path, float64 ``[paths]``."""
        metric = self._metric
        ends = self._generator.latents(2 * metric.paths, metric.seed).chunk(2)
        uniform = torch.rand(metric.paths, 1, generator=torch.Generator().manual_seed(metric.seed))
        positions = uniform * (1 - metric.step)
        lengths = []
        for index in torch.split(torch.arange(metric.paths), BATCH_SIZE):
            start, end, t = (x[index] for x in (*ends, positions))
            labels = None if self._labels is None else self._labels[index]
            features, shifted_features = (
                extract(metric.features, self._generator.decode(slerp(start, end, share), labels)).double()
                for share in (t, t + metric.step)
            )
            lengths.append((features - shifted_features).square().sum(1) / metric.step**2)
        return torch.cat(lengths)
