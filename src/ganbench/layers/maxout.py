"""Maxout units: Maxout Networks, 2013, arXiv 1302.4389."""

from __future__ import annotations

from torch import Tensor, nn

from ganbench.errors import UserError


class Maxout(nn.Module):
    """Features ``[N, before]`` -> ``[N, after]``: each the largest of ``pieces`` linear functions of its own.

    Raises ``UserError`` if a size is below 1.
    """

    def __init__(self, before: int, after: int, pieces: int) -> None:
        super().__init__()
        for name, size in (("before", before), ("after", after), ("pieces", pieces)):
            if size < 1:
                raise UserError(f"Maxout: {name} must be at least 1, but is {size}")
        self.pieces = pieces
        self.linear = nn.Linear(before, after * pieces)

    def forward(self, x: Tensor) -> Tensor:
        """Return the largest of each unit's pieces, which are neighbours among the linear layer's outputs."""
        pieces: Tensor = self.linear(x).unflatten(1, (-1, self.pieces))
        return pieces.amax(2)
