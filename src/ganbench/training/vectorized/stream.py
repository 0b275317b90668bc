"""The random numbers of several seeds: each gets the numbers that it would alone."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ganbench.training.vectorized.layers import interleave
from ganbench.utils.random_stream import RandomStream


class VectorizedStream(RandomStream):
    """The streams of K members as one, whose rows are interleaved."""

    def __init__(self, streams: Sequence[RandomStream]) -> None:
        super().__init__("vectorized", device=streams[0].device)
        self._streams = tuple(streams)

    def normal(self, rows: int, *shape: int) -> Tensor:
        """Return standard normal numbers, float32 ``[rows, *shape]``."""
        return interleave([each.normal(self._share(rows), *shape) for each in self._streams])

    def uniform(self, rows: int, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Return uniform numbers in [low, high), float32 ``[rows, *shape]``."""
        share = self._share(rows)
        return interleave([each.uniform(share, *shape, low=low, high=high) for each in self._streams])

    def integers(self, rows: int, high: int) -> Tensor:
        """Return uniform integers in [0, high), int64 ``[rows]``."""
        return interleave([each.integers(self._share(rows), high) for each in self._streams])

    def _share(self, rows: int) -> int:
        share, rest = divmod(rows, len(self._streams))
        if rest:
            raise ValueError(f"{rows} rows cannot be shared by {len(self._streams)} seeds")
        return share
