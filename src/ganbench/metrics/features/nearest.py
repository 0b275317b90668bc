"""The k nearest of a large set for each of some rows, found block by block: the large set is never held whole."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from ganbench.metrics.features.neighbours import BLOCK, squared_distances


class Nearest:
    """The ``k`` nearest rows, of all that were added so far, to each of the queries ``[N, D]``.

    ``distances`` (Euclidean, rising) and ``places`` (which row, counted through all blocks) are ``[N, k]``; what has
    not been found yet is infinitely far, at place -1.
    """

    def __init__(self, queries: Tensor, k: int = 1) -> None:
        self._centre = queries.double().mean(0).float()
        self._queries = queries.float() - self._centre
        self._squared = torch.full((len(queries), k), torch.inf)
        self.places = torch.full((len(queries), k), -1)
        self.seen = 0

    @property
    def distances(self) -> Tensor:
        """Return float32 ``[N, k]``."""
        return self._squared.sqrt()

    def add(self, rows: Tensor) -> None:
        """Take in a block ``[B, D]``. Raises ValueError for numbers that are not finite."""
        if not bool(rows.isfinite().all()):
            raise ValueError("the features hold numbers that are not finite")
        for part in torch.split(rows, BLOCK):
            centred = part.float() - self._centre
            for start in range(0, len(self._queries), BLOCK):
                self._merge(slice(start, start + BLOCK), centred)
            self.seen += len(part)

    def _merge(self, rows: slice, block: Tensor) -> None:
        k = self.places.shape[1]
        squared = squared_distances(self._queries[rows], block)
        best = squared.topk(min(k, len(block)), 1, largest=False)
        found = torch.cat([self._squared[rows], best.values], 1)
        places = torch.cat([self.places[rows], best.indices + self.seen], 1)
        kept = found.topk(k, 1, largest=False)
        self._squared[rows], self.places[rows] = kept.values, places.gather(1, kept.indices)


def nearest(queries: Tensor, blocks: Iterable[Tensor], k: int = 1) -> Nearest:
    """Return the ``k`` nearest rows of all blocks to each query."""
    found = Nearest(queries, k)
    for block in blocks:
        found.add(block)
    return found
