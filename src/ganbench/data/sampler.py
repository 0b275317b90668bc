"""Which items make up which batch: a function of the position alone, so that a resumed run needs no state."""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.utils.random_stream import derive_seed


class Sampler:
    """An endless stream of shuffled epochs, cut into global batches.

    Epoch e is a permutation that depends on (seed, e). Batches run across the edges of epochs, so that no
    item is dropped, and may be larger than the set. Processes each ask for the whole batch and keep their
    ``chunk`` of it.

    Raises:
        UserError: the set is empty or the batch is.
    """

    remembered = 2  # epochs: a batch that crosses an edge needs two, and the next one needs the later of them

    def __init__(self, size: int, batch: int, seed: int) -> None:
        if size < 1:
            raise UserError(f"cannot sample from a data set of {size} items")
        if batch < 1:
            raise UserError(f"the batch must hold at least 1 item, not {batch}")
        self.size, self.batch, self.seed = size, batch, seed
        self._epochs: dict[int, Tensor] = {}

    def indices(self, position: int) -> Tensor:
        """Return the items of the ``position``-th global batch (from 0), int64 ``[batch]``."""
        if position < 0:
            raise ValueError(f"position must be 0 or more, not {position}")
        epoch, start = divmod(position * self.batch, self.size)
        missing = self.batch
        if start + missing <= self.size:
            return self._epoch(epoch)[start : start + missing].clone()
        pieces = []
        while missing:
            piece = self._epoch(epoch)[start : start + missing]
            pieces.append(piece)
            missing -= len(piece)
            epoch, start = epoch + 1, 0
        return torch.cat(pieces)

    def _epoch(self, number: int) -> Tensor:
        order = self._epochs.get(number)
        if order is None:
            generator = torch.Generator().manual_seed(derive_seed(self.seed, "epoch", number))
            order = torch.randperm(self.size, generator=generator)
            while len(self._epochs) >= self.remembered:
                del self._epochs[next(iter(self._epochs))]  # the one kept for longest
            self._epochs[number] = order
        return order
