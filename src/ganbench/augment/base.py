"""The contract of an augmentation: it changes pictures at random on their way to D, real and generated ones alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from torch import Tensor

from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream


class Augmentation(Protocol):
    """A random change of pictures through which gradients pass."""

    def __call__(self, x: Tensor, draws: RandomStream) -> Tensor:
        """Return changed pictures ``[N, C, H, W]`` in [-1, 1], each by numbers of its own from ``draws``."""


@runtime_checkable
class Adaptive(Augmentation, Protocol):
    """An augmentation whose strength follows D. A Module, so that its state is saved with the algorithm's."""

    def heed(self, scores: Tensor, context: Context) -> None:
        """Take note of D's scores ``[N]`` of the real samples of an update, or of a part of one."""

    def adapt(self, step: int) -> None:
        """Change with what was noted, after the whole step of that number (from 0)."""

    def extra_scalars(self) -> Mapping[str, Tensor]:
        """Return what the log shows of its state, scalars by name."""
