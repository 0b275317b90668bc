"""The interface of an augmentation, which changes the images that D sees in training, real and generated ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from torch import Tensor

from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream


class Augmentation(Protocol):
    """A random, differentiable change of images."""

    def __call__(self, x: Tensor, stream: RandomStream) -> Tensor:
        """Return augmented images ``[N, C, H, W]`` in about [-1, 1]; each image has its own random numbers."""


@runtime_checkable
class AdaptiveAugmentation(Augmentation, Protocol):
    """An augmentation whose strength depends on D's scores.

    It is an ``nn.Module``, so that its state is saved with the algorithm's.
    """

    def observe_scores(self, scores: Tensor, context: Context) -> None:
        """Accumulate statistics of D's scores ``[N]`` of real samples, from an update or one of its microbatches."""

    def adapt(self, step: int) -> None:
        """Adjust the strength to the accumulated statistics; called after each step, counted from 0."""

    def extra_scalars(self) -> Mapping[str, Tensor]:
        """Return the state to log, as scalars by name."""


@runtime_checkable
class PseudoAugmentation(Augmentation, Protocol):
    """An augmentation that also shows D some fakes as real."""

    def choose_reals(self, count: int, stream: RandomStream) -> Tensor:
        """Return which of ``count`` real images a fake replaces, bool ``[count]``."""
