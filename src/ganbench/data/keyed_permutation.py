"""A random permutation that is computed, not stored: where one position goes costs no memory and no other position.

A Feistel network on a rectangle of a rows and b columns with a * b >= n (John Black, Phillip Rogaway: Ciphers with
Arbitrary Finite Domains, 2002, section 5). The rectangle exceeds n by less than a row, so almost no number has to walk
on until it is below n.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ganbench.utils.random_stream import derive_seed

Numbers: TypeAlias = NDArray[np.uint64]

_ROUNDS = 8
_GOLDEN = 0x9E3779B97F4A7C15


def permute(position: NDArray[np.int64], size: int, key: int | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where a keyed permutation of 0, ..., ``size`` - 1 takes each position.

    Args:
        position: Numbers from 0 to ``size`` - 1, int64 ``[N]``.
        size: The number of numbers.
        key: Chooses the permutation: one key, or one for each position ``[N]``.

    Raises:
        ValueError: a position is not below ``size``.
    """
    if size < 1 or (len(position) and (position.min() < 0 or position.max() >= size)):
        raise ValueError(f"a position is not from 0 to {size - 1}")
    rows = math.isqrt(size - 1) + 1
    columns = -(-size // rows)
    keys = np.broadcast_to(np.asarray(key, np.int64).astype(np.uint64), position.shape)
    result = _shuffle(position.astype(np.uint64), keys, rows, columns)
    while (outside := np.flatnonzero(result >= size)).size:  # walk the cycle back into the range
        result[outside] = _shuffle(result[outside], keys[outside], rows, columns)
    return result.astype(np.int64)


def random_positions(size: int, count: int, *key: int | str) -> NDArray[np.int64]:
    """Return ``count`` different numbers below ``size`` in random order, int64 ``[count]``, in O(count)."""
    return permute(np.arange(count, dtype=np.int64), size, derive_seed(*key))


def _shuffle(x: Numbers, keys: Numbers, rows: int, columns: int) -> Numbers:
    """Permute the cells of a rectangle, numbered row by row."""
    row, column = x // np.uint64(columns), x % np.uint64(columns)
    for number in range(_ROUNDS):
        if number % 2:
            column = (column + _hash(row, keys, number) % np.uint64(columns)) % np.uint64(columns)
        else:
            row = (row + _hash(column, keys, number) % np.uint64(rows)) % np.uint64(rows)
    return row * np.uint64(columns) + column


def _hash(x: Numbers, keys: Numbers, number: int) -> Numbers:
    """Return 64 random bits for each number, key and round: twice the finalizer of SplitMix64."""
    step = np.uint64(_GOLDEN * (number + 1) % 2**64)
    return _mix(_mix(keys + step) ^ _mix(x + np.uint64(_GOLDEN)))


def _mix(x: Numbers) -> Numbers:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
