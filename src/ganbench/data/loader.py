"""Load batches of a data set by index, each process its own shard of the global batch."""

from __future__ import annotations

from ganbench.data.base import Batch, Dataset
from ganbench.data.loads_ahead import BatchQueue, LoadsAhead
from ganbench.data.sampler import Sampler
from ganbench.utils.random_stream import RandomStream


class Loader:
    """Loads global batches of an endless shuffled stream by index; a resumed run needs no saved state.

    A data set that loads ahead brings its own order, and gets its items ready in the background. What a batch holds
    depends on neither.
    """

    def __init__(self, dataset: Dataset, batch_size: int, seed: int) -> None:
        self.dataset, self.seed = dataset, seed
        self._ahead = dataset if isinstance(dataset, LoadsAhead) else None
        self.sampler = (
            Sampler(dataset.info.size, batch_size, seed)
            if self._ahead is None
            else self._ahead.sampler(batch_size, seed)
        )
        self._queue = None if self._ahead is None else BatchQueue(self._ahead, self.sampler)

    def __call__(self, batch_index: int, rows: int, shard: int, shards: int) -> Batch:
        """Return one shard of ``rows`` rows of a global batch.

        The augmentation is seeded for the whole batch, so it does not depend on ``shards``.
        """
        random = RandomStream(self.seed, "augment", batch_index, shard=shard, shards=shards)
        if self._ahead is not None and self._queue is not None:
            return self._ahead.finish(self._queue.get(batch_index, rows, shard, shards), random)
        index = self.sampler.indices(batch_index)[shard * rows : (shard + 1) * rows]
        return self.dataset.batch(index, random)
