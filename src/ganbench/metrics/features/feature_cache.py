"""The features of every item of a data set: read from the cache, or computed and cached."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import torch
from torch import Tensor

from ganbench.metrics.extractors.base import FeatureExtractor, extract
from ganbench.metrics.features.cached_tensors import read_tensors, write_tensors
from ganbench.metrics.features.reference import BATCH_SIZE, MAX_CACHE_BYTES, ItemSource, reference_key
from ganbench.utils.paths import cache_folder
from ganbench.utils.progress import DurationEstimator


def feature_batches(dataset: ItemSource, extractor: FeatureExtractor) -> Iterator[Tensor]:
    """Yield the features of all items in order, float32 ``[B, dims]`` with B up to 500.

    Up to 512 MiB of features are cached in ``cache_folder()/features`` (50,000 of 1,280 dimensions: 256 MB). Those
    of a larger set are computed each time, one batch in memory at a time.
    """
    if _fits_cache(dataset, extractor):
        yield from torch.split(all_features(dataset, extractor), BATCH_SIZE)
    else:
        yield from _extract(dataset, extractor)


def all_features(dataset: ItemSource, extractor: FeatureExtractor) -> Tensor:
    """Return the features of all items in order, float32 ``[N, dims]``, cached as in :func:`feature_batches`."""
    if not _fits_cache(dataset, extractor):
        return torch.cat(list(_extract(dataset, extractor)))
    key = reference_key(dataset, extractor, dataset.info.size)
    path = cache_folder() / "features" / f"{key}.all"
    cached = (read_tensors(path) or {}).get("rows")
    if cached is not None and tuple(cached.shape) == (dataset.info.size, extractor.dims):
        return cached
    features = torch.cat(list(_extract(dataset, extractor)))
    try:
        write_tensors(path, {"rows": features})
    except OSError as error:
        warnings.warn(f"features are not cached, cannot write {path.parent}: {error.strerror}", stacklevel=2)
    return features


def _fits_cache(dataset: ItemSource, extractor: FeatureExtractor) -> bool:
    return bool(dataset.info.fingerprint) and dataset.info.size * extractor.dims * 4 <= MAX_CACHE_BYTES


def _extract(dataset: ItemSource, extractor: FeatureExtractor) -> Iterator[Tensor]:
    size, done = dataset.info.size, 0
    progress = DurationEstimator(
        f"features '{extractor.name}' of {size:,} images of '{dataset.info.name}', once"
    )
    for index in torch.split(torch.arange(size), BATCH_SIZE):
        yield extract(extractor, dataset.items(index))
        done += len(index)
        progress(done, size)
