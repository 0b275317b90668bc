"""95 % intervals of scores: how they vary between draws of the same number of samples, bias not included.

Bootstrap: Efron, "Bootstrap Methods: Another Look at the Jackknife" (1979); subsampling: Politis and Romano,
"Large Sample Confidence Regions Based on Subsamples under Minimal Assumptions" (1994).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ganbench.utils.bootstrap import student_quantile

RESAMPLES = 1000
Interval = list[float]


def interval_from_splits(scores: Tensor) -> Interval | None:
    """Return the interval of the mean of scores ``[P]`` of disjoint splits of the samples, by Student's t.

    None for fewer than 2 splits.
    """
    if len(scores) < 2:
        return None
    t = student_quantile(0.975, len(scores) - 1)
    mean, error = float(scores.mean()), float(scores.std() / len(scores) ** 0.5)
    return [mean - t * error, mean + t * error]


def interval_from_subsets(scores: Tensor, size: int, total: int) -> Interval | None:
    """Return the interval of the mean of scores ``[S]`` of random subsets of ``size`` out of ``total`` samples.

    In units where the mean of all samples has variance ``1/total``, subsets vary around it by ``1/size - 1/total``.
    The finite number of subsets adds its own error. For a score whose variance falls faster than that, such as the
    kernel distance near 0, the interval is too wide, not too narrow. None if a subset is more than half of the samples.
    """
    if len(scores) < 2 or 2 * size > total:
        return None
    error = float(scores.std()) * (size / (total - size) + 1 / len(scores)) ** 0.5
    return [float(scores.mean()) - 1.96 * error, float(scores.mean()) + 1.96 * error]


def bootstrap_mean_interval(
    groups: Sequence[Tensor], score: Callable[[Sequence[NDArray[np.float64]]], NDArray[np.float64]]
) -> Interval:
    """Return the percentile bootstrap interval of a score that is a function of the groups' means.

    Each group ``[N]`` is resampled independently; ``score`` maps the resampled means ``[1000]`` of every group to
    scores ``[1000]``.
    """
    generator = np.random.default_rng(0)
    means = []
    for group in groups:
        values, counts = np.unique(
            group.double().numpy(), return_counts=True
        )  # few values, since they are counts
        resampled = generator.multinomial(len(group), counts / len(group), size=RESAMPLES)
        means.append(resampled @ values / len(group))
    low, high = np.quantile(score(means), [0.025, 0.975])
    return [float(low), float(high)]


def bootstrap_proportion_interval(count: int, total: int) -> Interval:
    """Return the percentile bootstrap interval of the proportion ``count / total``."""
    proportions = np.random.default_rng(0).binomial(total, count / total, size=RESAMPLES) / total
    return [float(x) for x in np.quantile(proportions, [0.025, 0.975])]
