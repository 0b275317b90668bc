"""Randomness as a function of its key: the same key gives the same numbers, on any machine and in any process.

Draws are made for the whole global batch and each part (a process's micro-batch) keeps its own rows, so that
two processes see what one would, and a resumed run needs no saved random state.
"""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


def derive_seed(*key: int | str) -> int:
    """Return a 63-bit seed that depends on every element of the key and on their order."""
    text = "\x1f".join(f"{type(k).__name__}:{k}" for k in key)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


class RandomStream:
    """A stream of random numbers for one update, of which one part out of ``parts`` keeps its rows.

    Every method draws ``rows * parts`` rows on the CPU, where numbers do not depend on the device, and returns
    those of this part on ``device``.
    """

    def __init__(
        self, *key: int | str, part: int = 0, parts: int = 1, device: torch.device | str = "cpu"
    ) -> None:
        if not 0 <= part < parts:
            raise ValueError(f"part {part} is not one of {parts} parts")
        self.part, self.parts, self.device = part, parts, device
        self.generator = torch.Generator().manual_seed(derive_seed(*key))

    def _own(self, everything: Tensor) -> Tensor:
        own = everything if self.parts == 1 else everything.chunk(self.parts)[self.part]
        return own.to(self.device)

    def normal(self, rows: int, *shape: int) -> Tensor:
        """Standard normal numbers, float32 ``[rows, *shape]``."""
        return self._own(torch.randn(rows * self.parts, *shape, generator=self.generator))

    def uniform(self, rows: int, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Uniform numbers in [low, high), float32 ``[rows, *shape]``."""
        unit = torch.rand(rows * self.parts, *shape, generator=self.generator)
        return self._own(unit * (high - low) + low)

    def integers(self, rows: int, high: int) -> Tensor:
        """Uniform whole numbers in [0, high), int64 ``[rows]``."""
        return self._own(torch.randint(high, (rows * self.parts,), generator=self.generator))
