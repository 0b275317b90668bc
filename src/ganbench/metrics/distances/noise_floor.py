"""The noise floor of a Fréchet distance: the score of real images against other real images.

It is the score that bias and noise alone cause at that number of samples; no generator should be expected to beat
it. Noise floors are cached next to the statistics.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.features.cached_tensors import load_or_compute
from ganbench.metrics.features.gaussian import FrechetReference, RunningGaussian, remove_part
from ganbench.metrics.features.reference import (
    ItemSource,
    cached_feature_count,
    extract_features,
    reference_features,
    reference_key,
)
from ganbench.metrics.score import JSON
from ganbench.utils.paths import cache_folder

#: Returns the distance of features ``[N, D]`` from a Gaussian.
FeatureDistance: TypeAlias = Callable[[Tensor, FrechetReference], float]


class NoiseFloor(NamedTuple):
    """The score of ``samples`` real images; None if there are too few."""

    value: float | None
    samples: int

    def details(self) -> dict[str, JSON]:
        """Return it as details of a score."""
        return {"real_against_real": self.value, "real_against_real_samples": self.samples}


def feature_distance(features: Tensor, reference: FrechetReference) -> float:
    """Return the Fréchet distance of features ``[N, D]`` from the reference."""
    running = RunningGaussian(features.shape[1])
    running.add(features)
    return reference.terms(running.gaussian()).distance


def measure_noise_floor(
    dataset: ItemSource,
    extractor: FeatureExtractor,
    reference: FrechetReference,
    samples: int,
    *,
    distance: FeatureDistance = feature_distance,
    distance_name: str = "",
    min_samples: int = 2,
    cache_features: bool = True,
) -> NoiseFloor:
    """Return the distance of ``samples`` real images from all others of the reference.

    The images are random, at most half of the reference and at most 10,000. Their statistics are subtracted from
    the reference's, so that no image is on both sides.

    Args:
        dataset: The reference data set.
        extractor: The feature extractor.
        reference: The statistics of the data set.
        samples: The number of generated samples that the floor is for.
        distance: The distance to compute.
        distance_name: A name for the cache, for any other ``distance`` than the default.
        min_samples: With fewer images there is no value.
        cache_features: Whether to cache the features that are computed for this.
    """
    items = reference.gaussian.count
    count = min(samples, items // 2, cached_feature_count(extractor, items))
    if count < min_samples:
        return NoiseFloor(None, 0)

    def compute() -> float:
        if cache_features:
            features = reference_features(dataset, extractor, items)[:count]
        else:
            features = extract_features(dataset, extractor, count)
        running = RunningGaussian(extractor.dims)
        running.add(features)
        return distance(features, FrechetReference(remove_part(reference.gaussian, running.gaussian())))

    key = f"{reference_key(dataset, extractor, items)}-{count}{distance_name and '-'}{distance_name}"
    value = _load_or_compute_floor(key, compute) if dataset.info.fingerprint else compute()
    return NoiseFloor(value, count)


def _load_or_compute_floor(key: str, compute: Callable[[], float]) -> float:
    def compute_tensors() -> dict[str, Tensor]:
        return {"floor": torch.tensor(compute(), dtype=torch.float64)}

    path = cache_folder() / "floors" / f"{key}.floor"
    return float(load_or_compute(path, {"floor"}, compute_tensors, "the noise floor")["floor"])
