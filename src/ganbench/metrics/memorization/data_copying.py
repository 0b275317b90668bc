"""Two tests of data copying: whether samples are nearer to training images than held-out images are.

``three_sample_test`` is that of Meehan, Chaudhuri and Dasgupta, "A Non-Parametric Test to Detect Data-Copying in
Generative Models" (2020), arXiv:2004.05675. ``near_copies`` considers only the samples that are nearest to any real
image, and counts on which side, training or held-out, these images are. Both need nothing but distances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import torch
from torch import Tensor

MIN_PER_CELL = 20  # samples, and held-out images, in a cell that counts
QUANTILE = 0.01


@dataclass(frozen=True, kw_only=True)
class SampleDistances:
    """Distances of ``N`` samples and ``M`` held-out images to real images.

    Attributes:
        training_images: The number of training images.
        to_train: Each sample's distance to the nearest training image, float ``[N]``.
        to_held_out: Each sample's distance to the nearest held-out image, float ``[N]``.
        nearest_train: The index of that training image, int64 ``[N]``.
        nearest_held_out: The index of that held-out image, int64 ``[N]``.
        held_out_to_train: Each held-out image's distance to the nearest training image, float ``[M]``.
        cells: The cell of each sample, int64 ``[N]``.
        held_out_cells: The cell of each held-out image, int64 ``[M]``.
    """

    training_images: int
    to_train: Tensor
    to_held_out: Tensor
    nearest_train: Tensor
    nearest_held_out: Tensor
    held_out_to_train: Tensor
    cells: Tensor
    held_out_cells: Tensor


@dataclass(frozen=True)
class ThreeSampleResult:
    """The result of the three-sample test.

    Attributes:
        statistic: C_T; below 0 the samples are nearer to the training set than held-out images are.
        p: The probability of a statistic as low for samples of the data's distribution.
        cells: The number of cells that count.
    """

    statistic: float
    p: float
    cells: int


@dataclass(frozen=True, kw_only=True)
class NearCopies:
    """The result of the test on near-copies: samples within ``threshold`` of a real image.

    Attributes:
        threshold: The distance.
        share: The share of samples within the threshold of a training image.
        expected_share: That share for samples of the data's distribution.
        share_p: The probability of as large a share for such samples.
        train_samples: The near-copies whose nearest real image is a training image.
        held_out_samples: The near-copies whose nearest real image is held out.
        images: The number of distinct nearest real images.
        train_images: How many of these are training images.
        expected_train_images: How many would be by chance.
        p: The probability of as many training images by chance.
        min_p: The smallest possible ``p``, if all were training images.
        copied_share: An estimate of the share of samples that are copies.
        interval: The 95 % interval of ``copied_share``.
    """

    threshold: float
    share: float
    expected_share: float
    share_p: float
    train_samples: int
    held_out_samples: int
    images: int
    train_images: int
    expected_train_images: float
    p: float
    min_p: float
    copied_share: float
    interval: tuple[float, float]


def three_sample_test(distances: SampleDistances) -> ThreeSampleResult:
    """Return C_T: the mean over cells of the z-score of Mann and Whitney's U, weighted by held-out images.

    Cells with fewer than 20 samples or held-out images are left out. The z-scores of independent cells are about
    normal, and so is their weighted mean over its standard deviation, which gives ``p``. Without any cell that counts,
    C_T is 0 and p is 1/2.
    """
    weights, scores = [], []
    for cell in range(int(max(distances.cells.max(), distances.held_out_cells.max())) + 1):
        samples = distances.to_train[distances.cells == cell]
        held_out = distances.held_out_to_train[distances.held_out_cells == cell]
        if min(len(samples), len(held_out)) >= MIN_PER_CELL:
            weights.append(len(held_out))
            scores.append(mann_whitney_z(samples, held_out))
    if not weights:
        return ThreeSampleResult(0.0, 0.5, 0)
    statistic = sum(w * z for w, z in zip(weights, scores, strict=True)) / sum(weights)
    deviation = math.sqrt(sum(w * w for w in weights)) / sum(weights)
    return ThreeSampleResult(statistic, NormalDist().cdf(statistic / deviation), len(weights))


def mann_whitney_z(a: Tensor, b: Tensor) -> float:
    """Return the z-score of U, below 0 if ``a`` ``[N]`` is smaller than ``b`` ``[M]``; ties count one half."""
    both = torch.cat([a, b]).double()
    values, inverse, counts = torch.unique(both, return_inverse=True, return_counts=True)
    n, m, total = len(a), len(b), len(both)
    ranks = counts.cumsum(0) - (counts - 1) / 2
    u = float(ranks[inverse[:n]].sum()) - n * (n + 1) / 2
    ties = float((counts.double() ** 3 - counts).sum()) / (total * (total - 1))
    variance = n * m / 12 * (total + 1 - ties)
    return 0.0 if len(values) == 1 else (u - n * m / 2) / math.sqrt(variance)


def near_copies(distances: SampleDistances, quantile: float = QUANTILE) -> NearCopies:
    """Return the test on near-copies; the threshold is the ``quantile`` of ``distances.held_out_to_train``.

    A generator that has memorized nothing cannot distinguish training from held-out images. So, whatever its
    distribution, the real images near its samples are a random choice from both sides, and the number of training
    images among them is hypergeometric. The test counts images rather than samples, since many samples near one image
    are one chance event. Samples at equal distance from both sides are left out.
    """
    n, m = len(distances.to_train), len(distances.held_out_to_train)
    rank = max(1, round(quantile * m))
    threshold = float(distances.held_out_to_train.kthvalue(rank).values)
    close = int((distances.to_train <= threshold).sum())
    near = torch.minimum(distances.to_train, distances.to_held_out) <= threshold
    train = near & (distances.to_train < distances.to_held_out)
    held_out = near & (distances.to_held_out < distances.to_train)
    train_images = len(torch.unique(distances.nearest_train[train]))
    images = train_images + len(torch.unique(distances.nearest_held_out[held_out]))
    real_images = distances.training_images + m
    odds = distances.training_images / m
    train_samples, held_out_samples = int(train.sum()), int(held_out.sum())
    copied_share = (train_samples - odds * held_out_samples) / n
    error = 1.96 * math.sqrt(train_samples + odds**2 * max(1, held_out_samples)) / n
    return NearCopies(
        threshold=threshold,
        share=close / n,
        expected_share=rank / (m + 1),
        share_p=hypergeometric_tail(close, n, close + rank, n + m),
        train_samples=train_samples,
        held_out_samples=held_out_samples,
        images=images,
        train_images=train_images,
        expected_train_images=images * distances.training_images / real_images,
        p=hypergeometric_tail(train_images, images, distances.training_images, real_images),
        min_p=hypergeometric_tail(images, images, distances.training_images, real_images),
        copied_share=copied_share,
        interval=(copied_share - error, copied_share + error),
    )


def hypergeometric_tail(successes: int, draws: int, marked: int, total: int) -> float:
    """Return the probability of at least ``successes`` in ``draws`` from ``total`` items with ``marked`` successes."""
    low, high = max(0, draws + marked - total), min(draws, marked)
    log_draws = _log_binomial(total, draws)
    logs = [
        _log_binomial(marked, k) + _log_binomial(total - marked, draws - k) - log_draws
        for k in range(max(successes, low), high + 1)
    ]
    return min(1.0, math.fsum(math.exp(log) for log in logs))


def _log_binomial(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
