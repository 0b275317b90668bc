"""Images in tar shards, read by position while training, so that the set may be larger than memory and disk."""

from __future__ import annotations

import hashlib
import math

from ganbench.data.io.block_cache import CachedStore
from ganbench.data.io.broken_images import OnError
from ganbench.data.io.remote_index import open_index
from ganbench.data.io.shard_index import IndexHeader
from ganbench.data.io.shard_items import ImageForm, ShardItems
from ganbench.data.io.sizes import Size, height_width
from ganbench.data.io.stores import RetryingStore, Store, is_remote, open_store
from ganbench.data.registry import dataset
from ganbench.data.streamed_images import StreamedImages, start_threads
from ganbench.errors import UserError, did_you_mean
from ganbench.utils.paths import cache_folder


@dataset("shards", streams=True)
def shards(
    path: str,
    size: Size | None = None,
    grey: bool | None = None,
    flip: bool = False,
    broken: OnError = "refuse",
    block: int | None = None,
    threads: int = 0,
    ahead: int = 4,
    tries: int = 6,
    cache_gb: float = 10.0,
    reference: int = 50_000,
) -> StreamedImages:
    """Images in tar shards with an index, in a folder or at a URL, read while training: see `ganbench data prepare`."""
    if broken not in ("refuse", "skip"):
        raise UserError(f"broken cannot be '{broken}'{did_you_mean(broken, ('refuse', 'skip'))}")
    if tries < 1:
        raise UserError(f"tries must be at least 1, not {tries}")
    if not 0 < cache_gb < math.inf:
        raise UserError(f"cache_gb must be a finite number above 0, not {cache_gb}")
    workers = start_threads(threads)
    store: Store = RetryingStore(open_store(path), tries, workers.stopping)
    index = open_index(path, store)
    header = index.header
    if is_remote(path):
        key = hashlib.sha256(f"{path} {header.fingerprint}".encode()).hexdigest()[:32]
        sizes = {name: length for name, length, _ in header.shards}
        store = CachedStore(store, cache_folder() / "shards" / key, int(cache_gb * 2**30), sizes)
    items = ShardItems(index, store, _form(path, header, size, grey), broken)
    return StreamedImages(items, workers, flip=flip, block=block, ahead=ahead, reference=reference)


def _form(path: str, header: IndexHeader, size: Size | None, grey: bool | None) -> ImageForm:
    shape = header.size if size is None else height_width(size)
    if shape is None:
        raise UserError(f"the images in {path} differ in size: give one to read them at, as in data.size=64")
    channels = header.channels if grey is None else 1 if grey else 3
    return ImageForm(shape, size is not None, channels)
