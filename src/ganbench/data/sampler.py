"""Which items form which batch: a function of the batch's index alone, so a resumed run needs no saved state."""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.utils.random_stream import derive_seed


class Sampler:
    """An endless stream of shuffled epochs, cut into global batches.

    Epoch e is a permutation that depends on (seed, e). Batches cross the boundaries of epochs, so no item is
    dropped, and a batch may be larger than the set. Each process asks for the whole batch and keeps its own rows.

    Args:
        size: the number of items.
        batch_size: items per global batch.
        seed: the seed of the permutations.

    Raises:
        UserError: the size or the batch size is below 1.
    """

    max_cached_epochs = 2  # a batch at an epoch boundary needs two, and the next batch the later of them

    def __init__(self, size: int, batch_size: int, seed: int) -> None:
        if size < 1:
            raise UserError(f"cannot sample from a data set of {size} items")
        if batch_size < 1:
            raise UserError(f"the batch must hold at least 1 item, not {batch_size}")
        self.size, self.batch_size, self.seed = size, batch_size, seed
        self._epochs: dict[int, Tensor] = {}

    def indices(self, batch_index: int) -> Tensor:
        """Return the items of the ``batch_index``-th global batch (from 0), int64 ``[batch_size]``."""
        if batch_index < 0:
            raise ValueError(f"batch_index must be at least 0, not {batch_index}")
        epoch, start = divmod(batch_index * self.batch_size, self.size)
        missing = self.batch_size
        if start + missing <= self.size:
            return self._piece(epoch, start, start + missing).clone()
        pieces = []
        while missing:
            piece = self._piece(epoch, start, start + missing)
            pieces.append(piece)
            missing -= len(piece)
            epoch, start = epoch + 1, 0
        return torch.cat(pieces)

    def _piece(self, epoch: int, start: int, stop: int) -> Tensor:
        """Return the items at these positions of an epoch; fewer at its end."""
        return self._epoch(epoch)[start:stop]

    def _epoch(self, number: int) -> Tensor:
        order = self._epochs.get(number)
        if order is None:
            generator = torch.Generator().manual_seed(derive_seed(self.seed, "epoch", number))
            order = torch.randperm(self.size, generator=generator)
            while len(self._epochs) >= self.max_cached_epochs:
                del self._epochs[next(iter(self._epochs))]  # the oldest
            self._epochs[number] = order
        return order
