"""Pooling of a discriminator's last map into the features of the score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from torch import Tensor

from ganbench.errors import UserError, did_you_mean

Pool = Literal["none", "mean", "sum"]
"""How the positions of a map become one number per channel; ``"none"`` keeps all positions."""


def pool_function(network: str, pool: Pool) -> Callable[[Tensor], Tensor]:
    """Return the function from maps ``[N, C, H, W]`` to ``[N, C]``, or to ``[N, C * H * W]`` for ``"none"``.

    Raises ``UserError`` for an unknown pool; ``network`` is the network's name, for the message.
    """
    if pool not in get_args(Pool):
        raise UserError(f"{network}: unknown pool '{pool}'{did_you_mean(pool, get_args(Pool))}")
    return _POOLS[pool]


def _flatten(maps: Tensor) -> Tensor:
    return maps.flatten(1)


def _mean(maps: Tensor) -> Tensor:
    return maps.mean((2, 3))


def _sum(maps: Tensor) -> Tensor:
    return maps.sum((2, 3))


_POOLS = {"none": _flatten, "mean": _mean, "sum": _sum}
