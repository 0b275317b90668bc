"""Do samples lie nearer to training pictures than held-out pictures do? Two tests, made of distances alone.

``three_sample_test`` is that of Meehan, Chaudhuri and Dasgupta, "A Non-Parametric Test to Detect Data-Copying in
Generative Models" (2020), arXiv:2004.05675. ``near_copies`` looks only at the samples that come nearest to any real
picture, and asks which side those pictures are of.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import torch
from torch import Tensor

LEAST = 20  # samples, and held-out pictures, in a cell that counts
QUANTILE = 0.01


@dataclass(frozen=True, kw_only=True)
class Distances:
    """Where ``N`` samples and ``M`` held-out pictures lie among ``training`` training pictures.

    ``to_train``, ``to_held_out`` (float ``[N]``): each sample's distance to the nearest picture of either side, whose
    numbers are ``nearest_train``, ``nearest_held_out`` (int64 ``[N]``). ``between`` (float ``[M]``): each held-out
    picture's distance to the nearest training picture. ``cells`` ``[N]`` and ``held_out_cells`` ``[M]``: their cells.
    """

    training: int
    to_train: Tensor
    to_held_out: Tensor
    nearest_train: Tensor
    nearest_held_out: Tensor
    between: Tensor
    cells: Tensor
    held_out_cells: Tensor


@dataclass(frozen=True)
class ThreeSample:
    """The statistic C_T: below 0 the samples lie nearer to the training set than held-out pictures do.

    ``p`` is the probability of one as low, or lower, of samples of the data's own distribution. ``cells`` counted.
    """

    statistic: float
    p: float
    cells: int


@dataclass(frozen=True, kw_only=True)
class NearCopies:
    """The samples at most ``threshold`` away from a real picture, and which side that picture is of.

    ``share`` is the share of samples within the threshold of a training picture; of samples of the data's own
    distribution it would be ``expected``, and ``share_p`` is the probability of as many or more. ``train`` and
    ``held_out`` count near samples by the side of the nearest real picture. Those are ``pictures`` different ones,
    ``train_pictures`` of them from the training set, where chance alone would give ``chance`` of them; ``p`` is the
    probability of as many or more, and ``least_p`` that of all of them. ``copied`` estimates the share of samples
    that are copies; ``interval`` is its 95 % interval.
    """

    threshold: float
    share: float
    expected: float
    share_p: float
    train: int
    held_out: int
    pictures: int
    train_pictures: int
    chance: float
    p: float
    least_p: float
    copied: float
    interval: tuple[float, float]


def three_sample_test(found: Distances) -> ThreeSample:
    """Return C_T: in each cell the z-score of Mann and Whitney's U, weighted by the held-out pictures in the cell.

    Cells with fewer than 20 of either are left out. z-scores of independent cells are about normal, and so is their
    weighted mean, divided by its own deviation: that gives ``p``. Without a cell that counts, C_T is 0 and p is 1/2.
    """
    weights, scores = [], []
    for cell in range(int(max(found.cells.max(), found.held_out_cells.max())) + 1):
        own, held_out = found.to_train[found.cells == cell], found.between[found.held_out_cells == cell]
        if min(len(own), len(held_out)) >= LEAST:
            weights.append(len(held_out))
            scores.append(mann_whitney_z(own, held_out))
    if not weights:
        return ThreeSample(0.0, 0.5, 0)
    statistic = sum(w * z for w, z in zip(weights, scores, strict=True)) / sum(weights)
    deviation = math.sqrt(sum(w * w for w in weights)) / sum(weights)
    return ThreeSample(statistic, NormalDist().cdf(statistic / deviation), len(weights))


def mann_whitney_z(a: Tensor, b: Tensor) -> float:
    """Return the z-score of U, below 0 where ``a`` [N] is smaller than ``b`` [M]; equal numbers count half."""
    both = torch.cat([a, b]).double()
    values, place, counts = torch.unique(both, return_inverse=True, return_counts=True)
    n, m, total = len(a), len(b), len(both)
    ranks = counts.cumsum(0) - (counts - 1) / 2
    u = float(ranks[place[:n]].sum()) - n * (n + 1) / 2
    ties = float((counts.double() ** 3 - counts).sum()) / (total * (total - 1))
    variance = n * m / 12 * (total + 1 - ties)
    return 0.0 if len(values) == 1 else (u - n * m / 2) / math.sqrt(variance)


def near_copies(found: Distances, quantile: float = QUANTILE) -> NearCopies:
    """Return the test on the near-copies; the threshold is the ``quantile`` of ``found.between``.

    A generator that knows nothing of single training pictures cannot tell which real pictures are training ones and
    which are held out. So, whatever its distribution, those that its samples come near to are a random choice from
    both sides, and the number of training ones follows the hypergeometric distribution. Pictures and not samples
    are counted: many samples at one picture are one chance event. Samples equally far from both sides tell nothing
    and are left out.
    """
    n, m = len(found.to_train), len(found.between)
    rank = max(1, round(quantile * m))
    threshold = float(found.between.kthvalue(rank).values)
    close = int((found.to_train <= threshold).sum())
    near = torch.minimum(found.to_train, found.to_held_out) <= threshold
    train = near & (found.to_train < found.to_held_out)
    held_out = near & (found.to_held_out < found.to_train)
    train_pictures = len(torch.unique(found.nearest_train[train]))
    pictures = train_pictures + len(torch.unique(found.nearest_held_out[held_out]))
    sides = found.training + m
    odds = found.training / m
    counts = int(train.sum()), int(held_out.sum())
    copied = (counts[0] - odds * counts[1]) / n
    error = 1.96 * math.sqrt(counts[0] + odds**2 * max(1, counts[1])) / n
    return NearCopies(
        threshold=threshold,
        share=close / n,
        expected=rank / (m + 1),
        share_p=hypergeometric_tail(close, n, close + rank, n + m),
        train=counts[0],
        held_out=counts[1],
        pictures=pictures,
        train_pictures=train_pictures,
        chance=pictures * found.training / sides,
        p=hypergeometric_tail(train_pictures, pictures, found.training, sides),
        least_p=hypergeometric_tail(pictures, pictures, found.training, sides),
        copied=copied,
        interval=(copied - error, copied + error),
    )


def hypergeometric_tail(found: int, drawn: int, marked: int, total: int) -> float:
    """Return the probability that at least ``found`` of ``drawn`` are marked, of ``total`` with ``marked`` ones."""
    least, most = max(0, drawn + marked - total), min(drawn, marked)
    whole = _log_choose(total, drawn)
    logs = [
        _log_choose(marked, k) + _log_choose(total - marked, drawn - k) - whole
        for k in range(max(found, least), most + 1)
    ]
    return min(1.0, math.fsum(math.exp(log) for log in logs))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
