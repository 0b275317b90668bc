"""Layers with randomness of their own (dropout): in an update they draw numbers that depend on its key only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from ganbench.utils.random_stream import RandomStream


class LayerDraws:
    """One update's random numbers for layers, which take them in the order of their passes.

    A layer may see several batches of ``rows`` rows joined into one (real and fake samples in one pass). Each
    is drawn for the whole global batch and cut by itself, so that two processes see what one would.
    """

    def __init__(self, draws: RandomStream, rows: int) -> None:
        self.draws, self.rows = draws, rows

    def uniform_like(self, x: Tensor) -> Tensor:
        """Return uniform numbers in [0, 1), float32, of the shape of ``x``, ``[N, ...]``."""
        return self._like(x, self.draws.uniform)

    def normal_like(self, x: Tensor) -> Tensor:
        """Return standard normal numbers, float32, of the shape of ``x``, ``[N, ...]``."""
        return self._like(x, self.draws.normal)

    def _like(self, x: Tensor, draw: Callable[..., Tensor]) -> Tensor:
        batches, rest = divmod(len(x), self.rows)
        if rest:
            return draw(len(x), *x.shape[1:])
        return torch.cat([draw(self.rows, *x.shape[1:]) for _ in range(batches)])


@runtime_checkable
class DrawingLayer(Protocol):
    """A layer that takes its random numbers from a trainer, and from torch where there is none."""

    def draw_from(self, draws: LayerDraws | None) -> None:
        """Take them from these draws until told otherwise."""


def drawing_layers(networks: nn.Module) -> list[DrawingLayer]:
    """Return the layers, at any depth, that take their random numbers from a trainer."""
    return [layer for layer in networks.modules() if isinstance(layer, DrawingLayer)]


@contextmanager
def drawing_from(draws: LayerDraws, layers: Iterable[DrawingLayer]) -> Iterator[None]:
    """Have the layers take their random numbers from these draws inside the block."""
    try:
        for layer in layers:
            layer.draw_from(draws)
        yield
    finally:
        for layer in layers:
            layer.draw_from(None)
