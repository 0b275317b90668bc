"""Maxout units.

Maxout Networks (2013), arXiv:1302.4389.
"""

from __future__ import annotations

from torch import Tensor, nn

from ganbench.errors import UserError


class Maxout(nn.Module):
    """Features ``[N, in_features]`` -> ``[N, out_features]``, each the maximum of ``pieces`` linear functions.

    Raises ``UserError`` if a size is below 1.
    """

    def __init__(self, in_features: int, out_features: int, pieces: int) -> None:
        super().__init__()
        sizes = {"in_features": in_features, "out_features": out_features, "pieces": pieces}
        for name, size in sizes.items():
            if size < 1:
                raise UserError(f"Maxout: {name} must be at least 1, but is {size}")
        self.pieces = pieces
        self.linear = nn.Linear(in_features, out_features * pieces)

    def forward(self, x: Tensor) -> Tensor:
        """Return the maximum over each unit's pieces, which are adjacent outputs of the linear layer."""
        pieces: Tensor = self.linear(x).unflatten(1, (-1, self.pieces))
        return pieces.amax(2)
