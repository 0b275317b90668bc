"""The contract of an augmentation: it changes pictures at random on their way to D, real and generated ones alike."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from ganbench.training.draws import Draws


class Augmentation(Protocol):
    """A random change of pictures through which gradients pass."""

    def __call__(self, x: Tensor, draws: Draws) -> Tensor:
        """Return changed pictures ``[N, C, H, W]`` in [-1, 1], each by numbers of its own from ``draws``."""
