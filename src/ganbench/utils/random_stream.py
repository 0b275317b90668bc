"""Random numbers that depend only on a key: the same on every machine and in every process.

Each call generates numbers for the whole global batch, and each shard of it (a process's micro-batch) keeps its
own rows. So two processes get the numbers that one would, and a resumed run needs no saved random state.
"""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from torch import Tensor


def derive_seed(*key: int | str) -> int:
    """Return a 63-bit seed that depends on every element of the key and on their order."""
    text = "\x1f".join(f"{type(k).__name__}:{k}" for k in key)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


class RandomStream:
    """A stream of random numbers for one of ``shards`` equal shards of the global batch.

    Every method generates ``rows * shards`` rows on the CPU, where the numbers do not depend on the device, and
    returns the rows of this shard on ``device``.

    Args:
        key: ints and strings that determine the numbers.
        shard: the index of this shard.
        shards: the number of shards.
        device: where the returned tensors are.
    """

    def __init__(
        self, *key: int | str, shard: int = 0, shards: int = 1, device: torch.device | str = "cpu"
    ) -> None:
        if not 0 <= shard < shards:
            raise ValueError(f"shard {shard} is not one of {shards} shards")
        self.shard, self.shards, self.device = shard, shards, device
        self.generator = torch.Generator("cpu").manual_seed(derive_seed(*key))
        # The same numbers whatever torch's default dtype and device are.
        self._options: dict[str, Any] = {
            "generator": self.generator,
            "dtype": torch.float32,
            "device": "cpu",
        }

    def _own_rows(self, all_rows: Tensor) -> Tensor:
        rows = all_rows if self.shards == 1 else all_rows.chunk(self.shards)[self.shard]
        return rows.to(self.device)

    def normal(self, rows: int, *shape: int) -> Tensor:
        """Return standard normal numbers, float32 ``[rows, *shape]``."""
        return self._own_rows(torch.randn(rows * self.shards, *shape, **self._options))

    def uniform(self, rows: int, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Return uniform numbers in [low, high), float32 ``[rows, *shape]``."""
        unit = torch.rand(rows * self.shards, *shape, **self._options)
        return self._own_rows(unit * (high - low) + low)

    def integers(self, rows: int, high: int) -> Tensor:
        """Return uniform integers in [0, high), int64 ``[rows]``."""
        index = torch.randint(high, (rows * self.shards,), generator=self.generator, device="cpu")
        return self._own_rows(index)
