"""Counts of neighbourhoods: everything that precision, recall, density and coverage need, in one pass over blocks.

The neighbourhood of a real or generated image is the ball around its features whose radius is the distance to its
k-th nearest neighbour of its own kind, border included.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ganbench.utils.progress import pair_count, time_call

BLOCK_SIZE = 1000  # rows and columns: 4 MB of distances at a time
ZERO_TOLERANCE = 1e-6  # times the squared lengths: smaller squared distances are rounding and become 0


@dataclass(frozen=True)
class NeighbourhoodCounts:
    """Counts for ``N`` real and ``M`` generated images, as int64 tensors for each ``k``.

    Attributes:
        fakes_in: ``[N]``, the generated images in each real neighbourhood.
        reals_around: ``[M]``, the real neighbourhoods that contain each generated image.
        fakes_around: ``[N]``, the generated neighbourhoods that contain each real image.
    """

    fakes_in: dict[int, Tensor]
    reals_around: dict[int, Tensor]
    fakes_around: dict[int, Tensor]


def count_neighbourhoods(real: Tensor, fake: Tensor, ks: tuple[int, ...]) -> NeighbourhoodCounts:
    """Count neighbourhoods of real ``[N, D]`` and generated ``[M, D]`` features, for every k of ``ks``.

    Distances are Euclidean, computed in float32 around the real mean. It needs memory for twice the features and a
    few blocks.
    Raises ValueError for other shapes, a k outside 1..min(N, M) - 1, or features that are not finite.
    """
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1]:
        raise ValueError(f"needs [N, D] and [M, D], not {list(real.shape)} and {list(fake.shape)}")
    if not all(1 <= k < min(len(real), len(fake)) for k in ks):
        raise ValueError(f"cannot find the neighbours {ks} among {len(real)} real and {len(fake)} generated")
    if not (bool(real.isfinite().all()) and bool(fake.isfinite().all())):
        raise ValueError("the features hold numbers that are not finite")
    mean = real.double().mean(0).float()
    real, fake = real.float() - mean, fake.float() - mean
    real_radii, fake_radii = _squared_radii(real, ks), _squared_radii(fake, ks)
    counts = [{k: torch.zeros(len(x), dtype=torch.int64) for k in ks} for x in (real, fake, real)]
    for rows, columns, squared in _distance_blocks(real, fake):
        for k in ks:
            inside = squared <= real_radii[k][rows, None]
            counts[0][k][rows] += inside.sum(1)
            counts[1][k][columns] += inside.sum(0)
            counts[2][k][rows] += (squared <= fake_radii[k][None, columns]).sum(1)
    return NeighbourhoodCounts(*counts)


def estimate_seconds(real: Tensor, fake: Tensor, ks: tuple[int, ...]) -> float:
    """Estimate how many seconds :func:`count_neighbourhoods` takes here, from a trial with one block of each."""
    if len(real) <= BLOCK_SIZE and len(fake) <= BLOCK_SIZE:
        return 0.0
    trial = real[:BLOCK_SIZE], fake[:BLOCK_SIZE]
    scale = pair_count([len(real), len(fake)]) / pair_count([*map(len, trial)])
    return time_call(count_neighbourhoods, *trial, ks) * scale


def _squared_radii(x: Tensor, ks: tuple[int, ...]) -> dict[int, Tensor]:
    """Return each row's squared distance to its k-th nearest other row, ``[N]``, for every k."""
    largest_k = max(ks)
    nearest = torch.full((len(x), largest_k), torch.inf)
    for rows, columns, squared in _distance_blocks(x, x):
        if rows == columns:
            squared.fill_diagonal_(torch.inf)
        candidates = torch.cat([nearest[rows], squared], 1)
        nearest[rows] = candidates.topk(largest_k, 1, largest=False).values
    return {k: nearest[:, k - 1].clone() for k in ks}


def _distance_blocks(a: Tensor, b: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """Yield rows of ``a``, rows of ``b``, and the squared distances between them, block by block."""
    for i in range(0, len(a), BLOCK_SIZE):
        for j in range(0, len(b), BLOCK_SIZE):
            rows, columns = slice(i, min(i + BLOCK_SIZE, len(a))), slice(j, min(j + BLOCK_SIZE, len(b)))
            yield rows, columns, squared_distances(a[rows], b[columns])


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Return the squared Euclidean distances ``[N, M]`` between rows ``[N, D]`` and ``[M, D]``.

    Centre both on one mean first, since the rounding error grows with the rows' lengths. Distances below the
    rounding error become 0.
    """
    lengths = a.square().sum(1)[:, None] + b.square().sum(1)[None, :]
    squared = torch.addmm(lengths, a, b.T, alpha=-2)
    return squared.masked_fill_(squared < ZERO_TOLERANCE * lengths, 0)
