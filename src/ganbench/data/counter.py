"""Counter-based random numbers: those of item i depend only on a seed and on i."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def uniform_by_index(seed: int, index: NDArray[np.int64], columns: int) -> NDArray[np.float64]:
    """Return numbers in [0, 1), float64 ``[N, columns]``: one row for each item number of ``index`` (``[N]``).

    SplitMix64 (Steele, Lea, Flood 2014) as a hash of the counter. It uses integer arithmetic, so the numbers are
    the same on every machine, and computes all items at once.
    """
    column = np.arange(1, columns + 1, dtype=np.uint64)
    counter = index.astype(np.uint64)[:, None] * np.uint64(columns) + column
    x = np.uint64(seed) + counter.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return (x >> np.uint64(11)).astype(np.float64) * 2.0**-53
