"""Mean and covariance of features, accumulated in batches in float64, and the Fréchet distance of two Gaussians.

Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class Gaussian:
    """The ``mean`` ``[D]`` and unbiased ``covariance`` ``[D, D]`` of ``count`` feature vectors, float64."""

    count: int
    mean: Tensor
    covariance: Tensor


class RunningGaussian:
    """Running count, mean and scatter (the sum of centred outer products) of feature vectors.

    Each batch is centred on its own mean before it is merged. So a mean far from zero costs no precision, and the
    order and size of the batches change only the last few digits.
    """

    def __init__(self, dims: int) -> None:
        self.count = 0
        self._mean = torch.zeros(dims, dtype=torch.float64)
        self._scatter = torch.zeros(dims, dims, dtype=torch.float64)

    @property
    def dims(self) -> int:
        """The length of a feature vector."""
        return len(self._mean)

    def add(self, features: Tensor) -> None:
        """Add a batch ``[B, dims]`` of any float type and device. Raises ValueError for another shape."""
        if features.ndim != 2 or features.shape[1] != self.dims:
            raise ValueError(f"features must be [B, {self.dims}], not {list(features.shape)}")
        if len(features) == 0:
            return
        features = features.detach().to("cpu", torch.float64)
        mean = features.mean(0)
        centred = features - mean
        self._merge_mean(len(features), mean)
        self._scatter.addmm_(centred.T, centred)

    def merge(self, other: RunningGaussian) -> None:
        """Add all features that ``other`` has seen. Raises ValueError if its dimension differs."""
        if other.dims != self.dims:
            raise ValueError(f"cannot merge statistics of {other.dims} dimensions into {self.dims}")
        if other.count == 0:
            return
        self._merge_mean(other.count, other._mean)
        self._scatter.add_(other._scatter)

    def gaussian(self) -> Gaussian:
        """Return mean and unbiased covariance. Raises ValueError for fewer than two feature vectors."""
        if self.count < 2:
            raise ValueError(f"a covariance needs at least 2 feature vectors, not {self.count}")
        covariance = (self._scatter + self._scatter.T) / (2 * (self.count - 1))
        return Gaussian(self.count, self._mean.clone(), covariance)

    def _merge_mean(self, count: int, mean: Tensor) -> None:
        """Merge another set's count and mean, and add the scatter between the two means."""
        total = self.count + count
        delta = mean - self._mean
        self._scatter.addr_(delta, delta, alpha=self.count * (count / total))
        self._mean.add_(delta, alpha=count / total)
        self.count = total


def remove_part(whole: Gaussian, part: Gaussian) -> Gaussian:
    """Return the statistics of ``whole`` without ``part``, a subset of its feature vectors.

    Raises ValueError if fewer than two vectors remain.
    """
    count = whole.count - part.count
    if count < 2:
        raise ValueError(f"{part.count} of {whole.count} leave fewer than 2")
    mean = (whole.mean * whole.count - part.mean * part.count) / count
    delta = part.mean - mean
    scatter = whole.covariance * (whole.count - 1) - part.covariance * (part.count - 1)
    scatter -= torch.outer(delta, delta) * (part.count * count / whole.count)
    return Gaussian(count, mean, scatter / (count - 1))


@dataclass(frozen=True)
class FrechetTerms:
    """The two terms of the Fréchet distance: the squared distance of the means, and the covariance term."""

    mean: float
    covariance: float

    @property
    def distance(self) -> float:
        """The (squared) Fréchet distance, as papers report it."""
        return self.mean + self.covariance


class FrechetReference:
    """Computes Fréchet distances to one Gaussian; a square root of its covariance ``[D, D]`` is computed once.

    Any ``F`` with ``A = F F^T`` can replace ``A^1/2``, since ``F^T B F`` has the same eigenvalues as ``A B``.
    """

    def __init__(self, gaussian: Gaussian) -> None:
        self.gaussian = gaussian
        self._decomposed: tuple[Gaussian, Tensor, Tensor] | None = None

    @cached_property
    def _factor(self) -> Tensor:
        """By Cholesky, which is much faster, unless the covariance is singular."""
        covariance = self.gaussian.covariance.double()
        factor: Tensor
        factor, failed = torch.linalg.cholesky_ex(covariance)
        if failed:
            values, vectors = torch.linalg.eigh(covariance)
            factor = vectors * values.clamp(min=0).sqrt()
        return factor

    def terms(self, other: Gaussian) -> FrechetTerms:
        """Return ``|ma - mb|²`` and ``tr(A + B - 2 (A^1/2 B A^1/2)^1/2)``, in float64 by eigenvalues.

        Eigenvalues that are negative by rounding count as zero, and so does a negative covariance term.
        Raises ValueError if the dimensions differ or a statistic is not finite.
        """
        a, b = self.gaussian, other
        cached = self._decomposed is not None and self._decomposed[0] is other
        values = self._decompose(other)[0] if cached else torch.linalg.eigvalsh(self._product(other))
        mean = float((a.mean - b.mean).double().square().sum())
        overlap = values.clamp(min=0).sqrt().sum()
        total = a.covariance.double().trace() + b.covariance.double().trace()
        return FrechetTerms(mean, max(0.0, float(total - 2 * overlap)))

    def standard_error(self, other: Gaussian, features: Tensor) -> float:
        """Return the standard error of the distance over draws of the samples with these ``features`` ``[N, D]``.

        The influence of one sample on the distance has a closed form. For ``T``, the linear map that transports
        the samples' covariance to the reference's, it is ``2 (ma - mb)(x - ma) + (x - ma)(1 - T)(x - ma)`` plus a
        constant, divided by N. The standard deviation of these influences is the limit of a bootstrap (the
        infinitesimal jackknife). Resampling with replacement would repeat rows and so raise the distance itself.
        Call it before ``terms``, which then reuses the eigenvalues. Raises the same errors.
        """
        values, vectors = self._decompose(other)
        nonzero = values > values.max() * 1e-10
        inverse = torch.where(nonzero, values.clamp(min=1e-300).rsqrt(), 0)
        half = self._factor @ vectors
        transport = (half * inverse) @ half.T
        bend = (torch.eye(len(transport), dtype=torch.float64) - transport).float()
        delta = 2 * (other.mean - self.gaussian.mean)
        influences = []
        for part in torch.split(features, 1000):
            centred = part.double() - other.mean
            influences.append(((centred.float() @ bend).double() * centred).sum(1) + centred @ delta)
        return float(torch.cat(influences).std() / len(features) ** 0.5)

    def _decompose(self, other: Gaussian) -> tuple[Tensor, Tensor]:
        """Return eigenvalues and eigenvectors of ``F^T B F``; those of the last Gaussian are cached."""
        if self._decomposed is None or self._decomposed[0] is not other:
            values, vectors = torch.linalg.eigh(self._product(other))
            self._decomposed = other, values, vectors
        return self._decomposed[1:]

    def _product(self, other: Gaussian) -> Tensor:
        """Return ``F^T B F``. Raises ValueError for Gaussians that cannot be compared."""
        a, b = self.gaussian, other
        if a.mean.shape != b.mean.shape:
            raise ValueError(f"cannot compare features of {len(a.mean)} and {len(b.mean)} dimensions")
        if not all(bool(x.isfinite().all()) for x in (a.mean, a.covariance, b.mean, b.covariance)):
            raise ValueError("the feature statistics hold numbers that are not finite")
        product = self._factor.T @ b.covariance.double() @ self._factor
        return (product + product.T) / 2


def frechet_terms(a: Gaussian, b: Gaussian) -> FrechetTerms:
    """Return the two terms of the distance; see :meth:`FrechetReference.terms`."""
    return FrechetReference(a).terms(b)


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """Return the (squared) Fréchet distance between two Gaussians; see :meth:`FrechetReference.terms`."""
    return frechet_terms(a, b).distance
