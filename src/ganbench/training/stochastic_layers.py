"""Random numbers for layers such as dropout that depend only on the update, not on how the batch is sharded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from ganbench.utils.random_stream import RandomStream


class LayerRandomSource:
    """The random numbers of one update for all stochastic layers, in the order of their passes.

    A layer may see several batches of ``batch_size`` samples concatenated (real and fake samples in one pass). The
    numbers of each batch are generated for the whole global batch and sharded separately, so that two processes get
    the numbers that one would.
    """

    def __init__(self, stream: RandomStream, batch_size: int) -> None:
        self.stream, self.batch_size = stream, batch_size

    def uniform_like(self, x: Tensor) -> Tensor:
        """Return uniform numbers in [0, 1), float32, in the shape of ``x``, ``[N, ...]``."""
        return self._like(x, self.stream.uniform)

    def normal_like(self, x: Tensor) -> Tensor:
        """Return standard normal numbers, float32, in the shape of ``x``, ``[N, ...]``."""
        return self._like(x, self.stream.normal)

    def _like(self, x: Tensor, draw: Callable[..., Tensor]) -> Tensor:
        batches, remainder = divmod(len(x), self.batch_size)
        if remainder:
            return draw(len(x), *x.shape[1:])
        return torch.cat([draw(self.batch_size, *x.shape[1:]) for _ in range(batches)])


@runtime_checkable
class StochasticLayer(Protocol):
    """A layer that takes random numbers from a source, or from torch if it has none."""

    def draw_from(self, source: LayerRandomSource | None) -> None:
        """Set the source; None means torch's global generator."""


def find_stochastic_layers(networks: nn.Module) -> list[StochasticLayer]:
    """Return all stochastic layers of networks, at any depth."""
    return [layer for layer in networks.modules() if isinstance(layer, StochasticLayer)]


@contextmanager
def use_random_source(source: LayerRandomSource, layers: Iterable[StochasticLayer]) -> Iterator[None]:
    """Let the layers take their random numbers from the source inside the block."""
    try:
        for layer in layers:
            layer.draw_from(source)
        yield
    finally:
        for layer in layers:
            layer.draw_from(None)
