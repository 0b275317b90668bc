"""Partition feature space into cells with k-means.

Lloyd, "Least Squares Quantization in PCM" (1982), initialised as in Arthur and Vassilvitskii, "k-means++: The
Advantages of Careful Seeding" (2007).
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.metrics.features.neighbours import squared_distances

MAX_ITERATIONS = 20


def kmeans_centres(rows: Tensor, cells: int, seed: int = 0) -> Tensor:
    """Return the centres ``[K, D]`` of rows ``[N, D]``, deterministic given the seed.

    There are ``cells`` centres, or fewer if there are fewer distinct rows.
    Raises ValueError for fewer than one cell, or no rows.
    """
    if cells < 1 or len(rows) == 0:
        raise ValueError(f"cannot make {cells} cells of {len(rows)} rows")
    rows = rows.float()
    centres = _initial_centres(rows, cells, torch.Generator().manual_seed(seed))
    for _ in range(MAX_ITERATIONS):
        assignment = assign_cells(rows, centres)
        sums = torch.zeros_like(centres).index_add_(0, assignment, rows)
        counts = torch.bincount(assignment, minlength=len(centres))
        occupied = counts > 0
        updated = torch.where(occupied[:, None], sums / counts.clamp(min=1)[:, None], centres)
        if torch.equal(updated, centres):
            break
        centres = updated
    return centres


def assign_cells(rows: Tensor, centres: Tensor) -> Tensor:
    """Return the index of the nearest centre of each row, int64 ``[N]``."""
    mean = centres.mean(0)
    return squared_distances(rows.float() - mean, centres - mean).argmin(1)


def _initial_centres(rows: Tensor, cells: int, generator: torch.Generator) -> Tensor:
    """Choose rows one by one, with a probability proportional to the squared distance to the nearest chosen row."""
    indices = [int(torch.randint(len(rows), (), generator=generator))]
    centred = rows - rows.mean(0)
    squared = squared_distances(centred, centred[indices]).flatten()
    while len(indices) < cells and bool((squared > 0).any()):
        indices.append(int(torch.multinomial(squared, 1, generator=generator)))
        squared = torch.minimum(squared, squared_distances(centred, centred[indices[-1:]]).flatten())
    return rows[indices]
