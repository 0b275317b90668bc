"""Load the next batches in the background, for data sets that read their items when they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganbench.data.base import Batch
from ganbench.data.sampler import Sampler
from ganbench.utils.random_stream import RandomStream


@dataclass(frozen=True)
class PendingItems:
    """Items that are being loaded: their ``index`` ``[N]``, and parts of their pixels in order."""

    index: Tensor
    parts: Sequence[Future[NDArray[np.uint8]]]

    def pixels(self) -> Tensor:
        """Wait for the items, uint8 ``[N, C, H, W]``. Raises what loading them raised."""
        arrays = [part.result() for part in self.parts]
        return torch.from_numpy(arrays[0] if len(arrays) == 1 else np.concatenate(arrays))

    def cancel(self) -> None:
        """Give up the parts that no thread has begun."""
        for part in self.parts:
            part.cancel()


@runtime_checkable
class LoadsAhead(Protocol):
    """A data set with an order of its own that can load items in the background."""

    ahead: int  # batches

    def sampler(self, batch_size: int, seed: int) -> Sampler:
        """Return the order of the items."""

    def begin(self, index: Tensor) -> PendingItems:
        """Begin to load the items of ``index`` (int64 ``[N]``), and return at once."""

    def finish(self, pending: PendingItems, random: RandomStream) -> Batch:
        """Return the batch of items that :meth:`begin` loads."""


class BatchQueue:
    """Keeps a bounded number of batches on their way: after each request, the next ones of the same shard are begun.

    Args:
        dataset: the data set.
        sampler: which items form which batch.
    """

    def __init__(self, dataset: LoadsAhead, sampler: Sampler) -> None:
        self._dataset, self._sampler = dataset, sampler
        self._pending: dict[tuple[int, int, int, int], PendingItems] = {}

    def get(self, batch_index: int, rows: int, shard: int, shards: int) -> PendingItems:
        """Return the items of one shard of a batch, and begin those of the next ``dataset.ahead`` batches."""
        for key in [key for key in self._pending if not 0 <= key[0] - batch_index <= self._dataset.ahead]:
            self._pending.pop(key).cancel()  # training has jumped to another step
        current = self._begin(batch_index, rows, shard, shards)
        for later in range(batch_index + 1, batch_index + 1 + self._dataset.ahead):
            self._begin(later, rows, shard, shards)
        del self._pending[batch_index, rows, shard, shards]
        return current

    def _begin(self, *key: Any) -> PendingItems:
        if key not in self._pending:
            batch_index, rows, shard, _ = key
            index = self._sampler.indices(batch_index)[shard * rows : (shard + 1) * rows]
            self._pending[key] = self._dataset.begin(index)
        return self._pending[key]
