"""How a map's positions become the features that a score is read from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from torch import Tensor

from ganbench.errors import UserError, did_you_mean

Pool = Literal["none", "mean", "sum"]
"""How a map's positions become one number a channel; ``"none"`` keeps each as numbers of its own."""


def pooling(name: str, pool: Pool) -> Callable[[Tensor], Tensor]:
    """Return the function from maps ``[N, C, H, W]`` to ``[N, C]``, or to ``[N, C * H * W]`` without a pool.

    Raises ``UserError`` for an unknown pool; ``name`` is the network's.
    """
    if pool not in get_args(Pool):
        raise UserError(f"{name}: unknown pool '{pool}'{did_you_mean(pool, get_args(Pool))}")
    return _POOLS[pool]


def _flat(maps: Tensor) -> Tensor:
    return maps.flatten(1)


def _mean(maps: Tensor) -> Tensor:
    return maps.mean((2, 3))


def _sum(maps: Tensor) -> Tensor:
    return maps.sum((2, 3))


_POOLS = {"none": _flat, "mean": _mean, "sum": _sum}
