"""Packs of samples that are judged at once.

PacGAN: The power of two samples in generative adversarial networks, 2018, arXiv 1712.04086.

A D that sees several samples together also sees how alike they are, so a G that has lost modes is found out.
"""

from __future__ import annotations

from torch import Tensor

from ganbench.errors import UserError


def pack(x: Tensor, size: int) -> Tensor:
    """Join each ``size`` consecutive samples along the channels: ``[N, C, ...]`` -> ``[N / size, size * C, ...]``.

    Points ``[N, D]`` become ``[N / size, size * D]``. A pack is made of neighbours, so that where a batch is cut
    into parts that hold whole packs, the parts' packs are the batch's. Of size 1 it is ``x`` itself.

    Raises:
        UserError: N cannot be divided by ``size``.
    """
    if size == 1:
        return x
    check_packs(len(x), size)
    return x.reshape(len(x) // size, *packed_shape(x.shape[1:], size))


def packed_shape(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """Return the shape of one pack of ``size`` samples of ``shape``."""
    return (size * shape[0], *shape[1:])


def check_packs(rows: int, size: int) -> None:
    """Raise UserError unless ``rows`` samples make whole packs."""
    if rows % size:
        raise UserError(
            f"algorithm.packing={size} cannot pack the {rows} samples that each process has at a time; set "
            f"schedule.batch to a multiple of {size} times the processes and the microbatches"
        )
