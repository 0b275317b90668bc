"""Where layers with randomness of their own take their numbers from during an update."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Numbers(Protocol):
    """Random numbers of the shape of a layer's input, ``[N, ...]``."""

    def uniform_like(self, x: Tensor) -> Tensor:
        """Return uniform numbers in [0, 1) of the shape of ``x``."""

    def normal_like(self, x: Tensor) -> Tensor:
        """Return standard normal numbers of the shape of ``x``."""
