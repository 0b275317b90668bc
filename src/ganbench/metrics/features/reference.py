"""Cached features of a data set: mean and covariance of all items, and the feature vectors of some.

The mean and covariance cover all items. The features themselves are cached for at most 10,000 items, in one fixed
random order (51 MB for 1,280 dimensions). One pass computes both.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import torch
from torch import Tensor

from ganbench.metrics.extractors.base import FeatureExtractor, extract
from ganbench.metrics.features.cached_tensors import read_tensors, write_tensors
from ganbench.metrics.features.gaussian import Gaussian, RunningGaussian
from ganbench.utils.paths import cache_folder
from ganbench.utils.progress import DurationEstimator

if TYPE_CHECKING:
    from ganbench.data.base import DataInfo, Dataset


FORMAT = 1
MAX_CACHE_BYTES = 512 * 2**20  # per file of features: beyond 13,421 dimensions, fewer rows are cached
BATCH_SIZE = 500
REFERENCE_SAMPLE_SIZE = 10_000

#: A callback that receives the number of items done and the number of all items.
Progress: TypeAlias = Callable[[int, int], None]


class ItemSource(Protocol):
    """The part of a data set that feature extraction needs."""

    @property
    def info(self) -> DataInfo:
        """The data set's description."""

    def items(self, index: Tensor) -> Tensor:
        """Return unprocessed items: uint8 ``[N, C, H, W]``."""


def reference_statistics(
    dataset: ItemSource,
    extractor: FeatureExtractor,
    items: int | None = None,
    *,
    progress: Progress | None = None,
    rows: bool = True,
) -> Gaussian:
    """Return mean and covariance of the features of a data set.

    They are cached in ``cache_folder()/statistics`` by data set, extractor and count. A damaged file is computed
    again; a folder that is not writable causes a warning.

    Args:
        dataset: The data set.
        extractor: The feature extractor.
        items: The size of a fixed random subset; None for all items.
        progress: Receives the progress of a pass over the items.
        rows: Whether such a pass also caches what :func:`reference_features` returns.

    Raises:
        ValueError: ``items`` is below 2 or exceeds the size of the data set.
    """
    count = _checked_count(dataset, items)
    if not dataset.info.fingerprint:
        return _compute(dataset, extractor, count, progress)[0]
    path = statistics_path(dataset, extractor, count)
    cached = read_statistics(path)
    if cached is not None and cached.count == count and len(cached.mean) == extractor.dims:
        return cached
    row_count = cached_feature_count(extractor, count) if rows else 0
    statistics, features = _compute(dataset, extractor, count, progress, row_count)
    _write_cache(path, _statistics_tensors(statistics))
    if rows:
        _write_cache(features_path(dataset, extractor, count), {"rows": features})
    return statistics


def reference_features(
    dataset: ItemSource,
    extractor: FeatureExtractor,
    items: int | None = None,
    *,
    progress: Progress | None = None,
) -> Tensor:
    """Return the features of at most 10,000 of the items, float32 ``[R, dims]``, in random order.

    The subset and its order are fixed, so the first ``n`` rows are a random subset of ``n`` items. All are among the
    ``items`` that :func:`reference_statistics` takes. Caching and errors are as there.
    """
    count = _checked_count(dataset, items)
    row_count = cached_feature_count(extractor, count)
    path = features_path(dataset, extractor, count)
    cached = (read_tensors(path) or {}).get("rows") if dataset.info.fingerprint else None
    if cached is not None and tuple(cached.shape) == (row_count, extractor.dims):
        return cached
    features = extract_features(dataset, extractor, row_count, progress=progress)
    if dataset.info.fingerprint:
        _write_cache(path, {"rows": features})
    return features


def extract_features(
    dataset: ItemSource, extractor: FeatureExtractor, count: int, *, progress: Progress | None = None
) -> Tensor:
    """Return the first ``count`` rows of :func:`reference_features`, without reading or writing the cache."""
    batches, progress = [], progress or _default_progress(dataset, extractor, count)
    for index in torch.split(random_order(dataset.info.size)[:count], BATCH_SIZE):
        batches.append(extract(extractor, dataset.items(index)))
        progress(sum(map(len, batches)), count)
    return torch.cat(batches)


def cached_feature_count(extractor: FeatureExtractor, items: int) -> int:
    """Return how many feature vectors are cached for a data set of ``items`` items."""
    return min(REFERENCE_SAMPLE_SIZE, items, max(2, MAX_CACHE_BYTES // (4 * extractor.dims)))


def statistics_path(dataset: ItemSource, extractor: FeatureExtractor, items: int) -> Path:
    """Return the cache file for this data set, extractor (with its weights and preprocessing) and count."""
    return cache_folder() / "statistics" / f"{reference_key(dataset, extractor, items)}.stat"


def features_path(dataset: ItemSource, extractor: FeatureExtractor, items: int) -> Path:
    """Return the cache file of the features; since their order is fixed, it depends only on their number."""
    count = cached_feature_count(extractor, items)
    return cache_folder() / "features" / f"{reference_key(dataset, extractor, count)}.rows"


def reference_key(dataset: ItemSource, extractor: FeatureExtractor, items: int) -> str:
    """Return 40 hexadecimal digits: a hash of everything that determines the features of a data set."""
    key = {
        "format": FORMAT,
        "data": dataset.info.fingerprint,
        "extractor": extractor.name,
        "weights": extractor.weights_sha256,
        "preprocessing": dict(extractor.preprocessing),
        "items": items,
    }
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:40]


def write_statistics(path: Path, statistics: Gaussian) -> None:
    """Write statistics to a file, atomically. Raises OSError."""
    write_tensors(path, _statistics_tensors(statistics))


def read_statistics(path: Path) -> Gaussian | None:
    """Return what :func:`write_statistics` wrote, or None if the file is missing, unreadable or damaged."""
    tensors = read_tensors(path)
    if tensors is None or tensors.keys() != {"mean", "covariance", "count"}:
        return None
    return Gaussian(int(tensors["count"]), tensors["mean"], tensors["covariance"])


def random_order(size: int) -> Tensor:
    """Return all item indices in a fixed random order."""
    return torch.randperm(size, generator=torch.Generator().manual_seed(0))


def reference_batches(reference: Dataset, count: int = REFERENCE_SAMPLE_SIZE) -> Iterator[Tensor]:
    """Yield the first ``count`` items in random order, or all if there are fewer, in batches."""
    for index in torch.split(random_order(reference.info.size)[:count], BATCH_SIZE):
        yield reference.items(index)


def _statistics_tensors(statistics: Gaussian) -> dict[str, Tensor]:
    return {
        "mean": statistics.mean,
        "covariance": statistics.covariance,
        "count": torch.tensor(statistics.count),
    }


def _write_cache(path: Path, tensors: dict[str, Tensor]) -> None:
    try:
        write_tensors(path, tensors)
    except OSError as error:
        warnings.warn(
            f"reference {path.parent.name} are not cached, cannot write {path.parent}: {error.strerror}",
            stacklevel=3,
        )


def _checked_count(dataset: ItemSource, items: int | None) -> int:
    count = dataset.info.size if items is None else items
    if not 2 <= count <= dataset.info.size:
        raise ValueError(f"cannot take {count} of the {dataset.info.size} items of '{dataset.info.name}'")
    return count


def _compute(
    dataset: ItemSource,
    extractor: FeatureExtractor,
    count: int,
    progress: Progress | None,
    row_count: int = 0,
) -> tuple[Gaussian, Tensor]:
    """Return the statistics of ``count`` items, and the features of the first ``row_count`` in random order."""
    running = RunningGaussian(extractor.dims)
    progress = progress or _default_progress(dataset, extractor, count)
    row_of_item = torch.full((dataset.info.size,), -1)
    row_of_item[random_order(dataset.info.size)[:row_count]] = torch.arange(row_count)
    rows = torch.zeros(row_count, extractor.dims)
    for index in _item_indices(dataset.info.size, count):
        features = extract(extractor, dataset.items(index))
        running.add(features)
        selected = row_of_item[index] >= 0
        rows[row_of_item[index][selected]] = features[selected]
        progress(running.count, count)
    return running.gaussian(), rows


def _default_progress(dataset: ItemSource, extractor: FeatureExtractor, count: int) -> Progress:
    return DurationEstimator(
        f"features '{extractor.name}' of {count:,} images of '{dataset.info.name}', once"
    )


def _item_indices(size: int, count: int) -> Iterator[Tensor]:
    """Yield batches of ascending item indices: all items, or the first ``count`` in random order."""
    indices = torch.arange(size) if count == size else random_order(size)[:count].sort().values
    yield from torch.split(indices, BATCH_SIZE)
