"""The order of data sets that are too large to shuffle in memory: each batch is computed from its index alone."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganbench.data.keyed_permutation import permute
from ganbench.data.sampler import Sampler
from ganbench.errors import UserError
from ganbench.utils.random_stream import derive_seed

BLOCKS_MIXED = 8


class KeyedSampler(Sampler):
    """A sampler whose epochs are keyed permutations: time and memory depend on the batch, not on the set.

    Args:
        size: the number of items.
        batch_size: items per global batch.
        seed: the seed of the permutations.
        block: None permutes all items. A number permutes blocks of so many neighbours, then the items of each 8
            blocks, so that items that are stored together are read together.

    Raises:
        UserError: the size, the batch size or the block is below 1.
    """

    def __init__(self, size: int, batch_size: int, seed: int, block: int | None = None) -> None:
        super().__init__(size, batch_size, seed)
        if block is not None and block < 1:
            raise UserError(f"a block must hold at least 1 item, not {block}")
        self.block = None if block is None or block >= size else block

    def _piece(self, epoch: int, start: int, stop: int) -> Tensor:
        position = np.arange(start, min(stop, self.size), dtype=np.int64)
        seed = derive_seed(self.seed, "keyed epoch", epoch)
        order = (
            permute(position, self.size, seed)
            if self.block is None
            else self._by_blocks(position, seed, self.block)
        )
        return torch.from_numpy(order)

    def _by_blocks(self, position: NDArray[np.int64], seed: int, block: int) -> NDArray[np.int64]:
        """Permute the positions within each window of blocks, then the blocks; a shorter last block has any place."""
        window = BLOCKS_MIXED * block
        mixed = np.empty_like(position)
        for number in np.unique(position // window).tolist():
            rows, begin = position // window == number, number * window
            length = min(window, self.size - begin)
            key = derive_seed(seed, "window", number)
            mixed[rows] = begin + permute(position[rows] - begin, length, key)
        whole, rest = divmod(self.size, block)
        rest_begin = block * (derive_seed(seed, "rest") % (whole + 1))  # of the block that is not full
        in_rest = (mixed >= rest_begin) & (mixed < rest_begin + rest)
        mixed = np.where(in_rest, mixed - rest_begin + whole * block, mixed)
        place = np.where(mixed >= rest_begin + rest, mixed - rest, mixed)[~in_rest]
        mixed[~in_rest] = permute(place // block, whole, derive_seed(seed, "blocks")) * block + place % block
        return mixed
