"""Load batches of a data set by index, each process its own shard of the global batch."""

from __future__ import annotations

from ganbench.data.base import Batch, Dataset
from ganbench.data.sampler import Sampler
from ganbench.utils.random_stream import RandomStream


class Loader:
    """Loads global batches of an endless shuffled stream by index; a resumed run needs no saved state."""

    def __init__(self, dataset: Dataset, batch_size: int, seed: int) -> None:
        self.dataset, self.seed = dataset, seed
        self.sampler = Sampler(dataset.info.size, batch_size, seed)

    def __call__(self, batch_index: int, rows: int, shard: int, shards: int) -> Batch:
        """Return one shard of ``rows`` rows of a global batch.

        The augmentation is seeded for the whole batch, so it does not depend on ``shards``.
        """
        index = self.sampler.indices(batch_index)[shard * rows : (shard + 1) * rows]
        return self.dataset.batch(
            index, RandomStream(self.seed, "augment", batch_index, shard=shard, shards=shards)
        )
