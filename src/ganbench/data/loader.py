"""Batches of a data set by position, each process's part of the global batch."""

from __future__ import annotations

from ganbench.data.base import Batch, Dataset
from ganbench.data.sampler import Sampler
from ganbench.utils.random_stream import RandomStream


class Loader:
    """Reads the position-th global batch of an endless, shuffled stream; keeps no state that a resume would need."""

    def __init__(self, dataset: Dataset, batch: int, seed: int) -> None:
        self.dataset, self.seed = dataset, seed
        self.sampler = Sampler(dataset.info.size, batch, seed)

    def __call__(self, position: int, rows: int, part: int, parts: int) -> Batch:
        """Return rows ``part * rows`` to ``(part + 1) * rows`` of the batch, augmented by the batch's own draws."""
        index = self.sampler.indices(position)[part * rows : (part + 1) * rows]
        return self.dataset.batch(index, RandomStream(self.seed, "augment", position, part=part, parts=parts))
