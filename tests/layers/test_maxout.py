"""Maxout units, compared with a loop over units and pieces."""

from __future__ import annotations

import torch

from ganbench.layers import Maxout


def test_each_unit_is_the_maximum_of_its_pieces() -> None:
    layer, x = Maxout(4, 3, pieces=5), torch.randn(6, 4)
    output = layer(x)
    assert output.shape == (6, 3)
    for n in range(6):
        for unit in range(3):
            own = slice(5 * unit, 5 * unit + 5)
            pieces = layer.linear.weight[own] @ x[n] + layer.linear.bias[own]
            torch.testing.assert_close(output[n, unit], pieces.max())
