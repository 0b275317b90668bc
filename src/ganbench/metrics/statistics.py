"""Mean and covariance of features that arrive in chunks, in float64.

Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Gaussian:
    """The ``mean`` ``[D]`` and unbiased ``covariance`` ``[D, D]`` of ``count`` feature vectors, float64."""

    count: int
    mean: Tensor
    covariance: Tensor


class RunningGaussian:
    """Counts, means and scatter (the sum of centred outer products) of the features seen so far.

    Chunks are centred on their own mean before they are merged, so a mean far from zero costs no digits, and
    the order and size of chunks matter only in the last few.
    """

    def __init__(self, dims: int) -> None:
        self.count = 0
        self._mean = torch.zeros(dims, dtype=torch.float64)
        self._scatter = torch.zeros(dims, dims, dtype=torch.float64)

    @property
    def dims(self) -> int:
        """How many numbers a feature vector has."""
        return len(self._mean)

    def add(self, features: Tensor) -> None:
        """Take in a chunk ``[B, dims]`` of any float type and device. Raises ValueError for another shape."""
        if features.ndim != 2 or features.shape[1] != self.dims:
            raise ValueError(f"features must be [B, {self.dims}], not {list(features.shape)}")
        if len(features) == 0:
            return
        rows = features.detach().to("cpu", torch.float64)
        mean = rows.mean(0)
        centred = rows - mean
        self._shift(len(rows), mean)
        self._scatter.addmm_(centred.T, centred)

    def merge(self, other: RunningGaussian) -> None:
        """Take in all that another one has seen. Raises ValueError if it counts other dimensions."""
        if other.dims != self.dims:
            raise ValueError(f"cannot merge statistics of {other.dims} dimensions into {self.dims}")
        if other.count == 0:
            return
        self._shift(other.count, other._mean)
        self._scatter.add_(other._scatter)

    def gaussian(self) -> Gaussian:
        """Return mean and unbiased covariance. Raises ValueError for fewer than two feature vectors."""
        if self.count < 2:
            raise ValueError(f"a covariance needs at least 2 feature vectors, not {self.count}")
        covariance = (self._scatter + self._scatter.T) / (2 * (self.count - 1))
        return Gaussian(self.count, self._mean.clone(), covariance)

    def _shift(self, count: int, mean: Tensor) -> None:
        """Bring in the count and mean of another set, and the scatter that lies between the two means."""
        total = self.count + count
        delta = mean - self._mean
        self._scatter.addr_(delta, delta, alpha=self.count * (count / total))
        self._mean.add_(delta, alpha=count / total)
        self.count = total


def without(whole: Gaussian, part: Gaussian) -> Gaussian:
    """Return the statistics of what is in ``whole`` and not in ``part``, which is in it.

    Raises ValueError if that leaves fewer than two.
    """
    count = whole.count - part.count
    if count < 2:
        raise ValueError(f"{part.count} of {whole.count} leave fewer than 2")
    mean = (whole.mean * whole.count - part.mean * part.count) / count
    delta = part.mean - mean
    scatter = whole.covariance * (whole.count - 1) - part.covariance * (part.count - 1)
    scatter -= torch.outer(delta, delta) * (part.count * count / whole.count)
    return Gaussian(count, mean, scatter / (count - 1))
