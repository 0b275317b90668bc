"""Cells that divide the space of features: each holds what is nearest to one of some centres.

Lloyd, "Least Squares Quantization in PCM" (1982), from starting points as in Arthur and Vassilvitskii, "k-means++:
The Advantages of Careful Seeding" (2007).
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.metrics.features.neighbours import squared_distances

ROUNDS = 20


def centres_of(rows: Tensor, cells: int, seed: int = 0) -> Tensor:
    """Return the centres of at most ``cells`` cells, ``[K, D]``, of rows ``[N, D]``; always the same for the same rows.

    There are fewer where there are fewer different rows. Raises ValueError for fewer than one cell, or no rows.
    """
    if cells < 1 or len(rows) == 0:
        raise ValueError(f"cannot make {cells} cells of {len(rows)} rows")
    rows = rows.float()
    centres = _starts(rows, cells, torch.Generator().manual_seed(seed))
    for _ in range(ROUNDS):
        own = cell_of(rows, centres)
        sums = torch.zeros_like(centres).index_add_(0, own, rows)
        counts = torch.bincount(own, minlength=len(centres))
        filled = counts > 0
        moved = torch.where(filled[:, None], sums / counts.clamp(min=1)[:, None], centres)
        if torch.equal(moved, centres):
            break
        centres = moved
    return centres


def cell_of(rows: Tensor, centres: Tensor) -> Tensor:
    """Return the number of each row's cell, int64 ``[N]``."""
    middle = centres.mean(0)
    return squared_distances(rows.float() - middle, centres - middle).argmin(1)


def _starts(rows: Tensor, cells: int, generator: torch.Generator) -> Tensor:
    """Choose rows one by one, each with a probability that grows with its squared distance to those chosen."""
    chosen = [int(torch.randint(len(rows), (), generator=generator))]
    middle = rows.mean(0)
    centred = rows - middle
    squared = squared_distances(centred, centred[chosen]).flatten()
    while len(chosen) < cells and bool((squared > 0).any()):
        chosen.append(int(torch.multinomial(squared, 1, generator=generator)))
        squared = torch.minimum(squared, squared_distances(centred, centred[chosen[-1:]]).flatten())
    return rows[chosen]
