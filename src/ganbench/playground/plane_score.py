"""How well points of G fit the data: modes covered where the modes are known, else the sliced Wasserstein distance."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.metrics.coverage.mode_coverage import mode_coverage
from ganbench.metrics.distances.sliced_wasserstein import ProjectionCollector, sliced_wasserstein
from ganbench.utils.random_stream import RandomStream

SAMPLES = 2500
_DIRECTIONS = 64


@dataclass(frozen=True)
class PlaneScore:
    """A score at a step.

    Attributes:
        step: The finished steps.
        name: "modes covered" (of ``best``; higher is better), or "distance" (sliced Wasserstein, in the data's units;
            lower is better).
        value: The score.
        best: The value that cannot be surpassed.
        high_quality: The share of points within 3 standard deviations of a mode; None without known modes.
    """

    step: int
    name: str
    value: float
    best: float
    high_quality: float | None = None


class PlaneScorer:
    """Scores points against a data set, the same way each time.

    Args:
        dataset: The data, with attributes ``modes`` ``[K, 2]`` and ``stds`` ``[K]`` if its modes are known.
        seed: Determines which points of a set without modes are compared.
    """

    def __init__(self, dataset: Dataset, seed: int) -> None:
        self._modes, self._stds = getattr(dataset, "modes", None), getattr(dataset, "stds", None)
        if self._modes is None:
            index = RandomStream(seed, "playground score").integers(SAMPLES, dataset.info.size)
            self._real = self._project(dataset.items(index))

    def score(self, points: Tensor, step: int) -> PlaneScore:
        """Return the score of finite points ``[SAMPLES, 2]`` in the data's own units."""
        if self._modes is None or self._stds is None:
            return PlaneScore(step, "distance", sliced_wasserstein(self._project(points), self._real), 0.0)
        coverage = mode_coverage(points, self._modes, self._stds)
        return PlaneScore(
            step, "modes covered", float(coverage.captured), float(coverage.modes), coverage.high_quality
        )

    @staticmethod
    def _project(points: Tensor) -> Tensor:
        collector = ProjectionCollector((2,), _DIRECTIONS, seed=0)
        collector.add(points)
        return collector.projections()
