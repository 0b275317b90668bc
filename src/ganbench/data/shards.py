"""Images in tar shards, read by position while training, so that the set may be larger than memory and disk."""

from __future__ import annotations

import hashlib
from functools import partial

import torch
from torch import Tensor

from ganbench.data.base import Batch, DataInfo
from ganbench.data.images import normalise_batch
from ganbench.data.io.block_cache import CachedStore
from ganbench.data.io.broken_images import OnError
from ganbench.data.io.remote_index import open_index
from ganbench.data.io.shard_index import IndexHeader
from ganbench.data.io.shard_items import ImageForm, ShardItems
from ganbench.data.io.sizes import Size, height_width
from ganbench.data.io.stores import RetryingStore, Store, is_remote, open_store
from ganbench.data.keyed_sampler import KeyedSampler
from ganbench.data.loads_ahead import PendingItems
from ganbench.data.registry import dataset
from ganbench.errors import UserError, did_you_mean
from ganbench.utils.cores import usable_cores
from ganbench.utils.paths import cache_folder
from ganbench.utils.random_stream import RandomStream
from ganbench.utils.worker_threads import WorkerThreads

_MIN_ROWS = 4  # of a job for one thread
_MAX_AUTO_THREADS = 8


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
) -> ShardedImages:
    """Images in tar shards with an index, in a folder or at a URL, read while training: see `ganbench data prepare`."""
    if broken not in ("refuse", "skip"):
        raise UserError(f"broken cannot be '{broken}'{did_you_mean(broken, ('refuse', 'skip'))}")
    for name, value, least in (
        ("threads", threads, 0),
        ("ahead", ahead, 0),
        ("tries", tries, 1),
        ("reference", reference, 2),
    ):
        if value < least:
            raise UserError(f"{name} must be at least {least}, not {value}")
    if not cache_gb > 0:
        raise UserError(f"cache_gb must be above 0, not {cache_gb}")
    workers = WorkerThreads(threads or min(_MAX_AUTO_THREADS, max(2, usable_cores())))
    store: Store = RetryingStore(open_store(path), tries, workers.stopping)
    index = open_index(path, store)
    header = index.header
    if is_remote(path):
        key = hashlib.sha256(f"{path} {header.fingerprint}".encode()).hexdigest()[:32]
        sizes = {name: length for name, length, _ in header.shards}
        store = CachedStore(store, cache_folder() / "shards" / key, int(cache_gb * 2**30), sizes)
    items = ShardItems(index, store, _form(path, header, size, grey), broken)
    return ShardedImages(items, workers, flip=flip, block=block, ahead=ahead, reference=reference)


def _form(path: str, header: IndexHeader, size: Size | None, grey: bool | None) -> ImageForm:
    shape = header.size if size is None else height_width(size)
    if shape is None:
        raise UserError(f"the images in {path} differ in size: give one to read them at, as in data.size=64")
    channels = header.channels if grey is None else 1 if grey else 3
    return ImageForm(shape, size is not None, channels)


class ShardedImages:
    """A data set whose items are read and decoded in background threads; nothing but their index is held.

    Args:
        items: reads and decodes items.
        workers: the threads.
        flip: whether each image of a batch is mirrored left to right with probability 1/2.
        block: the number of neighbours that the order keeps together; None for a full permutation.
        ahead: how many batches to load ahead of training.
        reference: the largest number of items that scores compare with.
    """

    def __init__(
        self,
        items: ShardItems,
        workers: WorkerThreads,
        *,
        flip: bool = False,
        block: int | None = None,
        ahead: int = 4,
        reference: int = 50_000,
    ) -> None:
        header, form = items.index.header, items.form
        self.flip, self.ahead, self.reference_items = flip, ahead, reference
        self._items, self._workers, self._block = items, workers, block
        KeyedSampler(header.items, 1, 0, block)  # refuses a block below 1
        key = f"{header.fingerprint} {form.size} {form.channels}"
        self.info = DataInfo(
            name=f"shards:{header.name}",
            kind="image",
            shape=(form.channels, *form.size),
            size=header.items,
            fingerprint=hashlib.sha256(key.encode()).hexdigest()[:16],
            split="all",
            classes=header.classes,
        )

    @property
    def broken_items(self) -> dict[int, str]:
        """Why the item at a position is broken, of those that were replaced so far."""
        return dict(self._items.broken)

    def sampler(self, batch_size: int, seed: int) -> KeyedSampler:
        """Return the order of the items, computed batch by batch."""
        return KeyedSampler(self.info.size, batch_size, seed, self._block)

    def begin(self, index: Tensor) -> PendingItems:
        """Begin to load the items of ``index`` (int64 ``[N]``) in the background."""
        rows = max(_MIN_ROWS, -(-len(index) // self._workers.count))
        read, submit = self._items.read, self._workers.submit
        chunks = [chunk.numpy() for chunk in torch.split(index, rows)] if len(index) else []
        return PendingItems(index, [submit(partial(read, chunk)) for chunk in chunks])

    def batch(self, index: Tensor, random: RandomStream) -> Batch:
        """Return the images of ``index`` (int64 ``[N]``) as float32 in [-1, 1], flipped with ``random``."""
        return self.finish(self.begin(index), random)

    def finish(self, pending: PendingItems, random: RandomStream) -> Batch:
        """Return the batch of items that :meth:`begin` loads."""
        return Batch(normalise_batch(pending.pixels(), self.flip, random), self.labels(pending.index))

    def items(self, index: Tensor) -> Tensor:
        """Return the images unchanged: uint8 ``[N, C, H, W]``."""
        return (
            self.begin(index).pixels() if len(index) else torch.empty(0, *self.info.shape, dtype=torch.uint8)
        )

    def labels(self, index: Tensor) -> Tensor | None:
        """Return the class numbers, int64 ``[N]``, or None for a set without classes."""
        return torch.from_numpy(self._items.labels(index.numpy())) if self.info.classes else None

    def class_counts(self) -> Tensor:
        """Return the number of items of each class, int64 ``[K]``."""
        return torch.tensor(self._items.index.header.class_counts, dtype=torch.int64)
