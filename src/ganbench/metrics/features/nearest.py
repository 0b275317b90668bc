"""The k nearest neighbours in a large set, searched block by block, so that the large set is never in memory whole."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from ganbench.metrics.features.neighbours import BLOCK_SIZE, squared_distances


class NearestNeighbours:
    """The ``k`` nearest of all rows added so far, for each of the queries ``[N, D]``.

    ``distances`` (Euclidean, ascending) and ``indices`` (row numbers, counted over all blocks) are ``[N, k]``. With
    fewer than ``k`` rows so far, the missing neighbours have distance infinity and index -1.
    """

    def __init__(self, queries: Tensor, k: int = 1) -> None:
        self._centre = queries.double().mean(0).float()
        self._queries = queries.float() - self._centre
        self._squared = torch.full((len(queries), k), torch.inf)
        self.indices = torch.full((len(queries), k), -1)
        self.count = 0

    @property
    def distances(self) -> Tensor:
        """The distances, float32 ``[N, k]``."""
        return self._squared.sqrt()

    def add(self, rows: Tensor) -> None:
        """Add a block of rows ``[B, D]``. Raises ValueError if they are not finite."""
        if not bool(rows.isfinite().all()):
            raise ValueError("the features hold numbers that are not finite")
        for part in torch.split(rows, BLOCK_SIZE):
            centred = part.float() - self._centre
            for start in range(0, len(self._queries), BLOCK_SIZE):
                self._merge(slice(start, start + BLOCK_SIZE), centred)
            self.count += len(part)

    def _merge(self, queries: slice, block: Tensor) -> None:
        k = self.indices.shape[1]
        nearest_in_block = squared_distances(self._queries[queries], block).topk(
            min(k, len(block)), 1, largest=False
        )
        squared = torch.cat([self._squared[queries], nearest_in_block.values], 1)
        indices = torch.cat([self.indices[queries], nearest_in_block.indices + self.count], 1)
        best = squared.topk(k, 1, largest=False)
        self._squared[queries], self.indices[queries] = best.values, indices.gather(1, best.indices)


def find_nearest(queries: Tensor, blocks: Iterable[Tensor], k: int = 1) -> NearestNeighbours:
    """Return the ``k`` nearest rows of all blocks to each query."""
    neighbours = NearestNeighbours(queries, k)
    for block in blocks:
        neighbours.add(block)
    return neighbours
