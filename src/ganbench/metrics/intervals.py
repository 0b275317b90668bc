"""95 % intervals of scores: how another draw of as many samples would vary, which is not the bias of their number.

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


def of_parts(values: Tensor) -> Interval | None:
    """Return the interval of the mean of scores ``[P]`` of disjoint parts of the samples, by Student's t.

    None for fewer than 2 parts.
    """
    if len(values) < 2:
        return None
    t = student_quantile(0.975, len(values) - 1)
    mean, error = float(values.mean()), float(values.std() / len(values) ** 0.5)
    return [mean - t * error, mean + t * error]


def of_subsets(values: Tensor, size: int, rows: int) -> Interval | None:
    """Return the interval of the mean of scores ``[S]`` of random subsets of ``size`` out of ``rows``.

    Subsets of ``size`` spread by ``1/size - 1/rows`` times what a mean over all rows spreads by ``1/rows``, and their
    finite number adds its own. It is too wide rather than too narrow where a score's spread falls faster than
    that, as the kernel distance's does near 0. None where a subset is more than half of the rows.
    """
    if len(values) < 2 or 2 * size > rows:
        return None
    error = float(values.std()) * (size / (rows - size) + 1 / len(values)) ** 0.5
    return [float(values.mean()) - 1.96 * error, float(values.mean()) + 1.96 * error]


def of_means(
    groups: Sequence[Tensor], score: Callable[[Sequence[NDArray[np.float64]]], NDArray[np.float64]]
) -> Interval:
    """Return the percentile bootstrap interval of what ``score`` makes of the groups' means.

    Each group ``[N]`` is resampled for itself; ``score`` is given the means ``[1000]`` of each.
    """
    draw = np.random.default_rng(0)
    means = []
    for group in groups:
        values = group.double().numpy()
        kinds, counts = np.unique(values, return_counts=True)  # few, as the numbers are counts
        drawn = draw.multinomial(len(values), counts / len(values), size=RESAMPLES)
        means.append(drawn @ kinds / len(values))
    low, high = np.quantile(score(means), [0.025, 0.975])
    return [float(low), float(high)]


def of_share(count: int, total: int) -> Interval:
    """Return the percentile bootstrap interval of a share of ``total`` samples."""
    drawn = np.random.default_rng(0).binomial(total, count / total, size=RESAMPLES) / total
    return [float(x) for x in np.quantile(drawn, [0.025, 0.975])]
