"""Feature statistics of a data set, worked out once and kept on disk."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ganbench.atomic import atomic_file
from ganbench.data.places import cache_folder
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.statistics import Gaussian, RunningGaussian

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

FORMAT = 1
CHUNK = 500

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of items done and the number of all items."""


def reference_statistics(
    dataset: Dataset,
    extractor: FeatureExtractor,
    items: int | None = None,
    *,
    progress: Progress | None = None,
) -> Gaussian:
    """Return the statistics of the features of all items, or of ``items`` chosen at random, always the same.

    They are kept in ``cache_folder()/statistics``, by data set, extractor and count. A broken file is worked
    out anew; a folder that cannot be written is a warning.
    Raises ValueError for fewer than 2 or more than all items.
    """
    count = dataset.info.size if items is None else items
    if not 2 <= count <= dataset.info.size:
        raise ValueError(f"cannot take {count} of the {dataset.info.size} items of '{dataset.info.name}'")
    if not dataset.info.fingerprint:
        return _work_out(dataset, extractor, count, progress)
    path = statistics_path(dataset, extractor, count)
    cached = read_statistics(path)
    if cached is not None and cached.count == count and len(cached.mean) == extractor.dims:
        return cached
    statistics = _work_out(dataset, extractor, count, progress)
    try:
        write_statistics(path, statistics)
    except OSError as error:
        warnings.warn(
            f"reference statistics are not kept, cannot write {path.parent}: {error.strerror}", stacklevel=2
        )
    return statistics


def statistics_path(dataset: Dataset, extractor: FeatureExtractor, items: int) -> Path:
    """Return the cache file for this data set, extractor (with its weights and preprocessing) and count."""
    key = {
        "format": FORMAT,
        "data": dataset.info.fingerprint,
        "extractor": extractor.name,
        "weights": extractor.weights_sha256,
        "preprocessing": dict(extractor.preprocessing),
        "items": items,
    }
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return cache_folder() / "statistics" / f"{digest[:40]}.stat"


def write_statistics(path: Path, statistics: Gaussian) -> None:
    """Write the SHA-256 of a safetensors file and then that file; whole or not at all. Raises OSError."""
    payload = save(
        {
            "mean": statistics.mean,
            "covariance": statistics.covariance,
            "count": torch.tensor(statistics.count),
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as file:
        file.write(hashlib.sha256(payload).digest() + payload)


def read_statistics(path: Path) -> Gaussian | None:
    """Return what :func:`write_statistics` wrote, or None if the file is missing, unreadable or damaged."""
    try:
        data = path.read_bytes()
        if hashlib.sha256(data[32:]).digest() != data[:32]:
            return None
        tensors = load(data[32:])
        return Gaussian(int(tensors["count"]), tensors["mean"], tensors["covariance"])
    except (OSError, SafetensorError, KeyError):
        return None


def _work_out(
    dataset: Dataset, extractor: FeatureExtractor, count: int, progress: Progress | None
) -> Gaussian:
    running = RunningGaussian(extractor.dims)
    for index in _choice(dataset.info.size, count):
        running.add(extractor(dataset.items(index)))
        if progress is not None:
            progress(running.count, count)
    return running.gaussian()


def _choice(size: int, count: int) -> Iterator[Tensor]:
    """Yield chunks of item numbers: all, or a random choice that is the same in every process."""
    order = torch.arange(size)
    if count < size:
        order = torch.randperm(size, generator=torch.Generator().manual_seed(0))[:count].sort().values
    yield from torch.split(order, CHUNK)
