"""What is known of the features of a data set, worked out once and kept on disk.

Of all items the mean and covariance are kept; of at most 10,000 items, in an order drawn once, the features
themselves (51 MB for 1,280 dimensions). The pass that works out the first brings the second along.
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

from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.features.cached_tensors import read_tensors, write_tensors
from ganbench.metrics.features.gaussian import Gaussian, RunningGaussian
from ganbench.utils.paths import cache_folder
from ganbench.utils.progress import Forecast

if TYPE_CHECKING:
    from ganbench.data.base import DataInfo, Dataset


FORMAT = 1
BYTES = 512 * 2**20  # of one file of features: fewer rows are kept where they are longer than 13,421 numbers

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of items done and the number of all items."""


class Items(Protocol):
    """What is needed of a data set here."""

    @property
    def info(self) -> DataInfo:
        """Its description."""

    def items(self, index: Tensor) -> Tensor:
        """Return the items as they are: uint8 ``[N, C, H, W]``."""


def reference_statistics(
    dataset: Items,
    extractor: FeatureExtractor,
    items: int | None = None,
    *,
    progress: Progress | None = None,
    rows: bool = True,
) -> Gaussian:
    """Return the statistics of the features of all items, or of ``items`` chosen at random, always the same.

    They are kept in ``cache_folder()/statistics``, by data set, extractor and count. A broken file is worked
    out anew; a folder that cannot be written is a warning. ``rows`` says whether a pass over the items is to keep
    what :func:`reference_rows` returns.
    Raises ValueError for fewer than 2 or more than all items.
    """
    count = _count(dataset, items)
    if not dataset.info.fingerprint:
        return _work_out(dataset, extractor, count, progress)[0]
    path = statistics_path(dataset, extractor, count)
    cached = read_statistics(path)
    if cached is not None and cached.count == count and len(cached.mean) == extractor.dims:
        return cached
    wanted = rows_kept(extractor, count) if rows else 0
    statistics, features = _work_out(dataset, extractor, count, progress, wanted)
    _keep(path, _tensors(statistics))
    if rows:
        _keep(rows_path(dataset, extractor, count), {"rows": features})
    return statistics


def reference_rows(
    dataset: Items,
    extractor: FeatureExtractor,
    items: int | None = None,
    *,
    progress: Progress | None = None,
) -> Tensor:
    """Return the features of at most 10,000 of the items, float32 ``[R, dims]``, in random order.

    The first ``n`` rows are therefore a random choice of ``n`` items; the choice and the order are always the same,
    and all are among the ``items`` that :func:`reference_statistics` takes. Kept and raises as there.
    """
    count = _count(dataset, items)
    wanted = rows_kept(extractor, count)
    path = rows_path(dataset, extractor, count)
    cached = (read_tensors(path) or {}).get("rows") if dataset.info.fingerprint else None
    if cached is not None and tuple(cached.shape) == (wanted, extractor.dims):
        return cached
    features = first_rows(dataset, extractor, wanted, progress=progress)
    if dataset.info.fingerprint:
        _keep(path, {"rows": features})
    return features


def first_rows(
    dataset: Items, extractor: FeatureExtractor, count: int, *, progress: Progress | None = None
) -> Tensor:
    """Return the first ``count`` of what :func:`reference_rows` returns, without looking at or keeping anything."""
    parts, progress = [], progress or _forecast(dataset, extractor, count)
    for index in torch.split(random_order(dataset.info.size)[:count], CHUNK):
        parts.append(extractor(dataset.items(index)))
        progress(sum(map(len, parts)), count)
    return torch.cat(parts)


def rows_kept(extractor: FeatureExtractor, items: int) -> int:
    """Return how many items' features are kept of so many items."""
    return min(SAMPLE, items, max(2, BYTES // (4 * extractor.dims)))


def statistics_path(dataset: Items, extractor: FeatureExtractor, items: int) -> Path:
    """Return the cache file for this data set, extractor (with its weights and preprocessing) and count."""
    return cache_folder() / "statistics" / f"{reference_key(dataset, extractor, items)}.stat"


def rows_path(dataset: Items, extractor: FeatureExtractor, items: int) -> Path:
    """Return the cache file of features; as they are the first of one order, it depends on their number only."""
    count = rows_kept(extractor, items)
    return cache_folder() / "features" / f"{reference_key(dataset, extractor, count)}.rows"


def reference_key(dataset: Items, extractor: FeatureExtractor, items: int) -> str:
    """Return 40 hexadecimal digits that change with all that decides the features of a data set."""
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
    """Write statistics to a file; whole or not at all. Raises OSError."""
    write_tensors(path, _tensors(statistics))


def read_statistics(path: Path) -> Gaussian | None:
    """Return what :func:`write_statistics` wrote, or None if the file is missing, unreadable or damaged."""
    tensors = read_tensors(path)
    if tensors is None or tensors.keys() != {"mean", "covariance", "count"}:
        return None
    return Gaussian(int(tensors["count"]), tensors["mean"], tensors["covariance"])


def _tensors(statistics: Gaussian) -> dict[str, Tensor]:
    return {
        "mean": statistics.mean,
        "covariance": statistics.covariance,
        "count": torch.tensor(statistics.count),
    }


def _keep(path: Path, tensors: dict[str, Tensor]) -> None:
    try:
        write_tensors(path, tensors)
    except OSError as error:
        warnings.warn(
            f"reference {path.parent.name} are not kept, cannot write {path.parent}: {error.strerror}",
            stacklevel=3,
        )


def _count(dataset: Items, items: int | None) -> int:
    count = dataset.info.size if items is None else items
    if not 2 <= count <= dataset.info.size:
        raise ValueError(f"cannot take {count} of the {dataset.info.size} items of '{dataset.info.name}'")
    return count


def _work_out(
    dataset: Items, extractor: FeatureExtractor, count: int, progress: Progress | None, wanted: int = 0
) -> tuple[Gaussian, Tensor]:
    """Return the statistics of ``count`` items, and the features of the first ``wanted`` of the random order."""
    running, progress = RunningGaussian(extractor.dims), progress or _forecast(dataset, extractor, count)
    place = torch.full((dataset.info.size,), -1)
    place[random_order(dataset.info.size)[:wanted]] = torch.arange(wanted)
    kept = torch.zeros(wanted, extractor.dims)
    for index in _choice(dataset.info.size, count):
        features = extractor(dataset.items(index))
        running.add(features)
        chosen = place[index] >= 0
        kept[place[index][chosen]] = features[chosen]
        progress(running.count, count)
    return running.gaussian(), kept


def _forecast(dataset: Items, extractor: FeatureExtractor, count: int) -> Progress:
    return Forecast(f"features '{extractor.name}' of {count:,} pictures of '{dataset.info.name}', once")


def _choice(size: int, count: int) -> Iterator[Tensor]:
    """Yield chunks of item numbers, rising: all, or the first ``count`` of the random order."""
    chosen = torch.arange(size) if count == size else random_order(size)[:count].sort().values
    yield from torch.split(chosen, CHUNK)


CHUNK = 500
SAMPLE = 10_000


def random_order(size: int) -> Tensor:
    """Return all item numbers in a random order that is the same in every process."""
    return torch.randperm(size, generator=torch.Generator().manual_seed(0))


def sample_of(reference: Dataset, count: int = SAMPLE) -> Iterator[Tensor]:
    """Yield the first ``count`` items of the random order (or all, if they are fewer) in chunks."""
    for index in torch.split(random_order(reference.info.size)[:count], CHUNK):
        yield reference.items(index)
