"""Density and coverage: how many real neighbourhoods a sample is in, and how many have any sample in them.

Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models" (2020), arXiv:2002.09797. Unlike
precision and recall they rest on neighbourhoods of real pictures only, which a stray sample cannot widen.
"""

from __future__ import annotations

from dataclasses import dataclass

from ganbench.metrics.base import JSON
from ganbench.metrics.extractors.base import score_name
from ganbench.metrics.intervals import of_means
from ganbench.metrics.neighbour_metric import NeighbourMetric
from ganbench.metrics.neighbours import Neighbourhoods


def density_and_coverage(found: Neighbourhoods, k: int) -> tuple[float, float]:
    """Return the mean number of real neighbourhoods around a generated picture over k, and the share of them filled."""
    density = found.reals_around[k].double().mean() / k
    return float(density), float((found.fakes_in[k] > 0).double().mean())


def expected_coverage(real: int, fake: int, k: int) -> float:
    """Return the coverage of ``fake`` samples of the real distribution itself: 1 - 1/2^k for many of both."""
    outside = 1.0
    for i in range(1, k + 1):
        outside *= (real - i) / (real + fake - i)
    return 1 - outside


@dataclass(frozen=True)
class DensityCoverage(NeighbourMetric):
    """``dc[<features>]``: coverage; density and what real samples would cover are details; k is the paper's 5.

    Intervals are of the bootstrap over pictures, whose neighbourhoods stay as they are.
    """

    k: int = 5

    @property
    def name(self) -> str:
        """The features are in the name."""
        return score_name("dc", self.features)

    def judge(self, found: Neighbourhoods) -> tuple[float, dict[str, JSON]]:
        """Return coverage, and density (1 is expected of the real distribution, more of samples amid the real)."""
        density, coverage = density_and_coverage(found, self.k)
        real, fake = len(found.fakes_in[self.k]), len(found.reals_around[self.k])
        return coverage, {
            "density": density,
            "coverage": coverage,
            "expected_coverage": expected_coverage(real, fake, self.k),
            "interval_95": of_means([found.fakes_in[self.k] > 0], lambda means: means[0]),
            "density_interval_95": of_means([found.reals_around[self.k]], lambda means: means[0] / self.k),
        }
