"""Who lies in whose neighbourhood: all that precision, recall, density and coverage count, in one go over blocks.

A real or generated picture's neighbourhood is the ball around its features that reaches to its k-th nearest
neighbour among its own kind, the border included.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ganbench.utils.progress import pairs, seconds_of

BLOCK = 1000  # rows and columns: 4 MB of distances at a time
SAME = 1e-6  # of the squared lengths: squared distances below it are rounding, and taken for 0


@dataclass(frozen=True)
class Neighbourhoods:
    """For ``N`` real and ``M`` generated pictures, and each ``k`` that was asked for:

    ``fakes_in`` int64 ``[N]`` counts the generated ones in each real neighbourhood, ``reals_around`` int64 ``[M]``
    the real neighbourhoods around each generated one, ``fakes_around`` int64 ``[N]`` the generated neighbourhoods
    around each real one.
    """

    fakes_in: dict[int, Tensor]
    reals_around: dict[int, Tensor]
    fakes_around: dict[int, Tensor]


def neighbourhoods(real: Tensor, fake: Tensor, ks: tuple[int, ...]) -> Neighbourhoods:
    """Count neighbourhoods of real ``[N, D]`` and generated ``[M, D]`` features, for every k of ``ks``.

    Distances are Euclidean, worked out in float32 around the real mean; memory is twice the features and a few
    blocks. Raises ValueError for other shapes, a k that is not in 1..min(N, M) - 1, or numbers that are not finite.
    """
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1]:
        raise ValueError(f"needs [N, D] and [M, D], not {list(real.shape)} and {list(fake.shape)}")
    if not all(1 <= k < min(len(real), len(fake)) for k in ks):
        raise ValueError(f"cannot find the neighbours {ks} among {len(real)} real and {len(fake)} generated")
    if not (bool(real.isfinite().all()) and bool(fake.isfinite().all())):
        raise ValueError("the features hold numbers that are not finite")
    mean = real.double().mean(0).float()
    real, fake = real.float() - mean, fake.float() - mean
    real_reach, fake_reach = _reach(real, ks), _reach(fake, ks)
    counts = [{k: torch.zeros(len(x), dtype=torch.int64) for k in ks} for x in (real, fake, real)]
    for rows, columns, squared in _blocks(real, fake):
        for k in ks:
            within = squared <= real_reach[k][rows, None]
            counts[0][k][rows] += within.sum(1)
            counts[1][k][columns] += within.sum(0)
            counts[2][k][rows] += (squared <= fake_reach[k][None, columns]).sum(1)
    return Neighbourhoods(*counts)


def seconds_for(real: Tensor, fake: Tensor, ks: tuple[int, ...]) -> float:
    """Return about how many seconds :func:`neighbourhoods` takes here, from a trial with one block of each."""
    if len(real) <= BLOCK and len(fake) <= BLOCK:
        return 0.0
    some = real[:BLOCK], fake[:BLOCK]
    return seconds_of(neighbourhoods, *some, ks) * pairs([len(real), len(fake)]) / pairs([*map(len, some)])


def _reach(x: Tensor, ks: tuple[int, ...]) -> dict[int, Tensor]:
    """Return each row's squared distance to its k-th nearest other row, ``[N]``, for every k."""
    most = max(ks)
    nearest = torch.full((len(x), most), torch.inf)
    for rows, columns, squared in _blocks(x, x):
        if rows == columns:
            squared.fill_diagonal_(torch.inf)
        found = torch.cat([nearest[rows], squared], 1)
        nearest[rows] = found.topk(most, 1, largest=False).values
    return {k: nearest[:, k - 1].clone() for k in ks}


def _blocks(a: Tensor, b: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """Yield blocks of the squared distances between rows: which rows of ``a``, which of ``b``, ``[rows, columns]``."""
    for i in range(0, len(a), BLOCK):
        for j in range(0, len(b), BLOCK):
            rows, columns = slice(i, min(i + BLOCK, len(a))), slice(j, min(j + BLOCK, len(b)))
            yield rows, columns, squared_distances(a[rows], b[columns])


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Return the squared Euclidean distances ``[N, M]`` between rows ``[N, D]`` and ``[M, D]``.

    Centre both on one mean first: rounding grows with the rows' lengths. What is next to 0 is 0.
    """
    lengths = a.square().sum(1)[:, None] + b.square().sum(1)[None, :]
    squared = torch.addmm(lengths, a, b.T, alpha=-2)
    return squared.masked_fill_(squared < SAME * lengths, 0)
