"""What real pictures score against other real pictures: the Fréchet distance that no generator is to beat.

It is what bias and chance alone give at that number of samples, kept on disk beside the statistics.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.features.cached_tensors import kept
from ganbench.metrics.features.gaussian import FrechetTo, RunningGaussian, without
from ganbench.metrics.features.reference import Items, first_rows, reference_key, reference_rows, rows_kept
from ganbench.metrics.score import JSON
from ganbench.utils.paths import cache_folder

Judge: TypeAlias = Callable[[Tensor, FrechetTo], float]
"""Scores features ``[N, D]`` against a Gaussian."""


class Floor(NamedTuple):
    """What so many real pictures score; None where there are too few."""

    value: float | None
    samples: int

    def details(self) -> dict[str, JSON]:
        """Return it as details of a score."""
        return {"real_against_real": self.value, "real_against_real_samples": self.samples}


def distance_of(rows: Tensor, reference: FrechetTo) -> float:
    """Return the Fréchet distance of the features."""
    running = RunningGaussian(rows.shape[1])
    running.add(rows)
    return reference.terms(running.gaussian()).distance


def real_against_real(
    dataset: Items,
    extractor: FeatureExtractor,
    reference: FrechetTo,
    samples: int,
    *,
    judge: Judge = distance_of,
    judged_by: str = "",
    least: int = 2,
    keep_rows: bool = True,
) -> Floor:
    """Return the distance of ``samples`` real pictures to all others of the reference.

    The pictures are random ones, at most half of the reference and at most 10,000. Their part is taken out of the
    reference's statistics, so that none of them is on both sides. There is no value where they are fewer than
    ``least``. Another ``judge`` than the distance has a name, ``judged_by``; ``keep_rows`` says whether features that
    are worked out for this are to be kept.
    """
    items = reference.reference.count
    count = min(samples, items // 2, rows_kept(extractor, items))
    if count < least:
        return Floor(None, 0)

    def work() -> float:
        rows = reference_rows if keep_rows else first_rows
        chosen = rows(dataset, extractor, items if keep_rows else count)[:count]
        running = RunningGaussian(extractor.dims)
        running.add(chosen)
        return judge(chosen, FrechetTo(without(reference.reference, running.gaussian())))

    key = f"{reference_key(dataset, extractor, items)}-{count}{judged_by and '-'}{judged_by}"
    floor = _kept(key, work) if dataset.info.fingerprint else work()
    return Floor(floor, count)


def _kept(key: str, work: Callable[[], float]) -> float:
    """Return the number that is on disk by that key, or else work it out and put it there."""

    def made() -> dict[str, Tensor]:
        return {"floor": torch.tensor(work(), dtype=torch.float64)}

    path = cache_folder() / "floors" / f"{key}.floor"
    return float(kept(path, {"floor"}, made, "the noise floor is")["floor"])
