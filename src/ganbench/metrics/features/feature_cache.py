"""The features of every item of a data set, block by block: read from disk where they are kept, else worked out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import torch
from torch import Tensor

from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.features.cached_tensors import read_tensors, write_tensors
from ganbench.metrics.features.reference import BYTES, CHUNK, Items, reference_key
from ganbench.utils.paths import cache_folder
from ganbench.utils.progress import Forecast


def feature_blocks(dataset: Items, extractor: FeatureExtractor) -> Iterator[Tensor]:
    """Yield the features of all items in their order, float32 ``[B, dims]`` with B up to 500.

    Up to 512 MiB of them are kept in ``cache_folder()/features`` (50,000 of 1,280 dimensions: 256 MB); of a larger
    set they are worked out each time, and never more than a block is held.
    """
    info = dataset.info
    if not info.fingerprint or info.size * extractor.dims * 4 > BYTES:
        yield from _worked_out(dataset, extractor)
        return
    yield from torch.split(all_rows(dataset, extractor), CHUNK)


def all_rows(dataset: Items, extractor: FeatureExtractor) -> Tensor:
    """Return the features of all items in their order, float32 ``[N, dims]``, kept as :func:`feature_blocks` says."""
    key = reference_key(dataset, extractor, dataset.info.size)
    path = cache_folder() / "features" / f"{key}.all"
    keep = bool(dataset.info.fingerprint) and dataset.info.size * extractor.dims * 4 <= BYTES
    cached = (read_tensors(path) or {}).get("rows") if keep else None
    if cached is not None and tuple(cached.shape) == (dataset.info.size, extractor.dims):
        return cached
    rows = torch.cat(list(_worked_out(dataset, extractor)))
    if keep:
        try:
            write_tensors(path, {"rows": rows})
        except OSError as error:
            warnings.warn(
                f"features are not kept, cannot write {path.parent}: {error.strerror}", stacklevel=2
            )
    return rows


def _worked_out(dataset: Items, extractor: FeatureExtractor) -> Iterator[Tensor]:
    size, done = dataset.info.size, 0
    forecast = Forecast(f"features '{extractor.name}' of {size:,} pictures of '{dataset.info.name}', once")
    for index in torch.split(torch.arange(size), CHUNK):
        yield extractor(dataset.items(index))
        done += len(index)
        forecast(done, size)
