"""Images that background threads read and decode while training; nothing but their index is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganbench.data.base import Batch, DataInfo
from ganbench.data.images import normalise_batch
from ganbench.data.keyed_sampler import KeyedSampler
from ganbench.data.loads_ahead import PendingItems
from ganbench.errors import UserError
from ganbench.utils.cores import usable_cores
from ganbench.utils.random_stream import RandomStream
from ganbench.utils.worker_threads import WorkerThreads

_MIN_ROWS = 4  # of a job for one thread
_MAX_AUTO_THREADS = 8


class StreamedItems(Protocol):
    """Reads and decodes items by position; may be called from several threads."""

    @property
    def info(self) -> DataInfo:
        """The description of the set."""

    @property
    def broken(self) -> Mapping[int, str]:
        """Why the item at a position is broken, of those that were replaced."""

    def read(self, positions: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the items at some positions, uint8 ``[N, C, H, W]``. Raises RunError if one cannot be read."""

    def labels(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the class numbers, int64 ``[N]``."""

    def class_counts(self) -> Sequence[int]:
        """Return the number of items of each class."""


def start_threads(count: int) -> WorkerThreads:
    """Return threads for reading: ``count``, or as the cores suggest if it is 0. Raises UserError below 0."""
    if count < 0:
        raise UserError(f"threads must be at least 0, not {count}")
    return WorkerThreads(count or min(_MAX_AUTO_THREADS, max(2, usable_cores())))


class StreamedImages:
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
        items: StreamedItems,
        workers: WorkerThreads,
        *,
        flip: bool = False,
        block: int | None = None,
        ahead: int = 4,
        reference: int = 50_000,
    ) -> None:
        for name, value, least in (("ahead", ahead, 0), ("reference", reference, 2)):
            if value < least:
                raise UserError(f"{name} must be at least {least}, not {value}")
        self.flip, self.ahead, self.reference_items = flip, ahead, reference
        self._items, self._workers, self._block = items, workers, block
        self.info = items.info
        KeyedSampler(self.info.size, 1, 0, block)  # refuses a block below 1

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
        return torch.tensor(self._items.class_counts(), dtype=torch.int64)
