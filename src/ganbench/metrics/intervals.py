"""95 % intervals of scores: how they vary between draws of the same number of samples, bias not included.

Bootstrap: Efron, "Bootstrap Methods: Another Look at the Jackknife" (1979); subsampling: Politis and Romano,
"Large Sample Confidence Regions Based on Subsamples under Minimal Assumptions" (1994).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
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


def wilson_interval(share: float, count: int) -> Interval:
    """Return Wilson's 95 % interval (1927) of a probability, from the observed ``share`` of ``count`` trials.

    It has a width at shares of 0 and 1, too, where resampling the trials never shows anything else.
    """
    z2 = 1.96**2 / count
    middle = (share + z2 / 2) / (1 + z2)
    reach = (share * (1 - share) * z2 + z2 * z2 / 4) ** 0.5 / (1 + z2)
    return [max(0.0, middle - reach), min(1.0, middle + reach)]


def combine_intervals(intervals: Sequence[Interval], score: Callable[..., float]) -> Interval:
    """Return an interval of a score that rises with each of its arguments: from their lower ends to their upper ends.

    It covers at least as often as the arguments' intervals together, so it is rather too wide.
    """
    return [score(*[interval[side] for interval in intervals]) for side in (0, 1)]


def bootstrap_mean_interval(values: Tensor) -> Interval | None:
    """Return the percentile bootstrap interval of the mean of values ``[N]``; None if all are equal.

    Resamples of equal values are equal, which says nothing about chance.
    """
    distinct, counts = np.unique(values.double().numpy(), return_counts=True)  # few, since they are counts
    if len(distinct) < 2:
        return None
    resampled = np.random.default_rng(0).multinomial(len(values), counts / len(values), size=RESAMPLES)
    return [float(x) for x in np.quantile(resampled @ distinct / len(values), [0.025, 0.975])]
