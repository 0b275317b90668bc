"""Features that are not finite are refused by the extractor's name, wherever they are computed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.metrics.stand_ins import MemoryDataset, Projection
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.base import Metric
from ganbench.metrics.coverage.diversity import Diversity
from ganbench.metrics.coverage.prdc import DensityCoverage, PrecisionRecall
from ganbench.metrics.distances.frechet import FrechetDistance
from ganbench.metrics.distances.frechet_infinity import FrechetInfinity
from ganbench.metrics.distances.kernel import KernelDistance
from ganbench.metrics.measure import measure
from ganbench.metrics.memorization.memorization import Memorization

IMAGES = torch.randint(1, 255, (400, 3, 8, 8), dtype=torch.uint8)


class Broken(Projection):
    """Projections that are NaN for images with a first pixel of 0."""

    def __call__(self, images: Tensor) -> Tensor:
        features = super().__call__(images)
        features[images[:, 0, 0, 0] == 0, 2] = torch.nan
        return features


def metrics() -> list[Metric]:
    features, held_out = Broken(), MemoryDataset(IMAGES.flip(0), "f2")
    return [
        FrechetDistance(features),
        FrechetInfinity(features),
        KernelDistance(features, subset_count=2),
        PrecisionRecall(features),
        DensityCoverage(features),
        Diversity(features),
        Memorization(features).with_held_out(held_out),
    ]


@pytest.mark.parametrize("number", range(7))
@pytest.mark.parametrize("side", ["samples", "reference"])
def test_a_metric_refuses_them_on_either_side(number: int, side: str, cache: Path) -> None:
    bad = IMAGES.clone()
    bad[7, 0, 0, 0] = 0
    samples, reference = (bad, IMAGES) if side == "samples" else (IMAGES, bad)
    with pytest.raises(UserError, match=r"features 'projection@8' of 1 of \d+ images are not finite"):
        measure([metrics()[number]], [samples], MemoryDataset(reference))
    if side == "reference":
        assert not list(cache.rglob("*.stat")), "nothing wrong is cached"
