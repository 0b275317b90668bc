"""Packs of samples that D scores together.

PacGAN: The power of two samples in generative adversarial networks, 2018, arXiv 1712.04086.

A D that sees several samples at once also sees how similar they are, so it detects lost modes.
"""

from __future__ import annotations

from torch import Tensor

from ganbench.errors import UserError


def pack(x: Tensor, size: int) -> Tensor:
    """Join each ``size`` consecutive samples along the channels: ``[N, C, ...]`` -> ``[N / size, size * C, ...]``.

    Points ``[N, D]`` become ``[N / size, size * D]``. Since neighbours form a pack, the packs of a batch are those of
    its shards, if these hold whole packs. With ``size`` 1, the result is ``x`` itself.

    Raises:
        UserError: N is not a multiple of ``size``.
    """
    if size == 1:
        return x
    check_packs(len(x), size)
    return x.reshape(len(x) // size, *packed_shape(x.shape[1:], size))


def packed_shape(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """Return the shape of a pack of ``size`` samples of ``shape``."""
    return (size * shape[0], *shape[1:])


def check_packs(rows: int, size: int) -> None:
    """Raise UserError unless ``rows`` is a multiple of ``size``."""
    if rows % size:
        raise UserError(
            f"algorithm.packing={size} cannot pack the {rows} samples of a microbatch; set schedule.batch to a "
            f"multiple of {size} times the number of processes and of microbatches"
        )
