"""Perceptual path length: how fast what a generator shows changes along paths through its latent space.

Karras, Laine and Aila, "A Style-Based Generator Architecture for Generative Adversarial Networks" (2018),
arXiv:1812.04948 (there in LPIPS's VGG features, and per infinitely small step).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import FeatureExtractor, score_name
from ganbench.metrics.record import features_record, versions
from ganbench.metrics.requirements import Generator, MeasurementWithoutSamples, NeedsGenerator, WithoutSamples
from ganbench.metrics.score import Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

CHUNK = 250


@dataclass(frozen=True)
class PathLength(WithoutSamples, NeedsGenerator):
    """``ppl[<features>]``: the mean squared distance in features, over step², of two points on a path; lower is better.

    ``paths`` pairs of latents are joined by great circles, on each of which a point is drawn and the one a ``step``
    of the whole path further on. ``step`` is not tiny: pictures are whole numbers of grey levels, which must change.
    The extreme ``cut`` of the distances is left out at either end, as in the paper.
    """

    features: FeatureExtractor
    generator: Generator | None = None
    paths: int = 2000
    seed: int = 1
    step: float = 0.05
    cut: float = 0.01

    @property
    def name(self) -> str:
        """The features are in the name."""
        return score_name("ppl", self.features)

    def with_generator(self, generator: Generator, n: int | None, seed: int) -> PathLength:
        """Return the same metric of this generator, on ``n`` paths."""
        return replace(self, generator=generator, paths=n or self.paths, seed=seed)

    def begin(self, reference: Dataset) -> PathLengthMeasurement:
        """Return a measurement. Raises UserError if there is no generator, or fewer than 100 paths."""
        if self.generator is None:
            raise UserError(
                f"metric '{self.name}' needs a generator to walk through: score a run, not pictures"
            )
        if self.paths < 100:
            raise UserError(f"metric '{self.name}' needs at least 100 paths, not {self.paths}")
        return PathLengthMeasurement(self, self.generator)


class PathLengthMeasurement(MeasurementWithoutSamples):
    """The generator and its paths."""

    def __init__(self, metric: PathLength, generator: Generator) -> None:
        self._metric, self._generator = metric, generator

    def score(self) -> Score:
        """Make both ends of a step on each path and return their mean squared distance over the squared step."""
        metric = self._metric
        lengths = self.lengths().sort().values
        cut = int(metric.cut * len(lengths))
        kept = lengths[cut : len(lengths) - cut]
        error = 1.96 * float(kept.std()) / len(kept) ** 0.5
        value = float(kept.mean())
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
                "features": features_record(metric.features),
                "versions": versions("ganbench", "torch"),
            },
        )

    def lengths(self) -> Tensor:
        """Return the squared distance over the squared step on each path, float64 ``[paths]``."""
        metric = self._metric
        ends = self._generator.latents(2 * metric.paths, metric.seed).chunk(2)
        where = torch.rand(metric.paths, 1, generator=torch.Generator().manual_seed(metric.seed))
        where = where * (1 - metric.step)
        found = []
        for a, b, t in zip(*(torch.split(x, CHUNK) for x in (*ends, where)), strict=True):
            here, there = (
                metric.features(self._generator.decode(on_circle(a, b, s))).double()
                for s in (t, t + metric.step)
            )
            found.append((here - there).square().sum(1) / metric.step**2)
        return torch.cat(found)


def on_circle(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Return the points a share ``t`` ``[N, 1]`` of the way from ``a`` to ``b`` ``[N, D]`` along great circles.

    Their lengths go evenly from one to the other. Where two directions are the same or opposite the way is straight.
    """
    lengths = [x.norm(dim=1, keepdim=True).clamp(min=1e-12) for x in (a, b)]
    cosine = (a / lengths[0] * b / lengths[1]).sum(1, keepdim=True).clamp(-1, 1)
    angle = cosine.acos()
    sine = angle.sin()
    weights = [torch.where(sine > 1e-4, (share * angle).sin() / sine, share) for share in (1 - t, t)]
    direction = weights[0] * a / lengths[0] + weights[1] * b / lengths[1]
    length = (1 - t) * lengths[0] + t * lengths[1]
    straight = (1 - t) * a + t * b
    return torch.where(sine > 1e-4, direction * length, straight)
