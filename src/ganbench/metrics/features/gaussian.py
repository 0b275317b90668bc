"""Mean and covariance of features that arrive in chunks, in float64.

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


@dataclass(frozen=True)
class FrechetTerms:
    """The squared distance of the means, and what the covariances add to it."""

    mean: float
    covariance: float

    @property
    def distance(self) -> float:
        """The (squared) Fréchet distance, as everybody reports it."""
        return self.mean + self.covariance


class FrechetTo:
    """Distances to one Gaussian, a square root of whose covariance ``[D, D]`` is worked out once.

    Any ``F`` with ``A = F F^T`` will do in place of ``A^1/2``, as ``F^T B F`` has the eigenvalues of ``A B``, too.
    """

    def __init__(self, reference: Gaussian) -> None:
        self.reference = reference
        self._decomposed: tuple[Gaussian, Tensor, Tensor] | None = None

    @cached_property
    def _factor(self) -> Tensor:
        """By Cholesky, a fraction of the work, where the covariance is not singular."""
        covariance = self.reference.covariance.double()
        factor: Tensor
        factor, failed = torch.linalg.cholesky_ex(covariance)
        if failed:
            values, vectors = torch.linalg.eigh(covariance)
            factor = vectors * values.clamp(min=0).sqrt()
        return factor

    def terms(self, other: Gaussian) -> FrechetTerms:
        """Return ``|ma - mb|²`` and ``tr(A + B - 2 (A^1/2 B A^1/2)^1/2)``, in float64 by eigenvalues.

        Eigenvalues that rounding made negative count as zero, and so does a negative covariance term.
        Raises ValueError for statistics of different dimensions or with numbers that are not finite.
        """
        a, b = self.reference, other
        known = self._decomposed is not None and self._decomposed[0] is other
        values = self._decomposition(other)[0] if known else torch.linalg.eigvalsh(self._between(other))
        mean = float((a.mean - b.mean).double().square().sum())
        overlap = values.clamp(min=0).sqrt().sum()
        total = a.covariance.double().trace() + b.covariance.double().trace()
        return FrechetTerms(mean, max(0.0, float(total - 2 * overlap)))

    def standard_error(self, other: Gaussian, rows: Tensor) -> float:
        """Return the standard deviation over draws of the samples whose features are ``rows`` ``[N, D]``.

        How much one sample moves the distance is known in closed form: for ``T``, the linear map that carries
        their covariance to the reference's, it is ``2 (ma - mb)(x - ma) + (x - ma)(1 - T)(x - ma)`` and a constant,
        divided by N. The deviation of these is what a bootstrap tends to (the infinitesimal jackknife); drawing
        with replacement would repeat rows and, with them, raise the distance itself. Ask for it before ``terms``,
        which then has its eigenvalues already. Raises as there.
        """
        values, vectors = self._decomposition(other)
        keep = values > values.max() * 1e-10
        inverse = torch.where(keep, values.clamp(min=1e-300).rsqrt(), 0)
        half = self._factor @ vectors
        transport = (half * inverse) @ half.T
        bend = (torch.eye(len(transport), dtype=torch.float64) - transport).float()
        delta = 2 * (other.mean - self.reference.mean)
        effects = []
        for part in torch.split(rows, 1000):
            centred = part.double() - other.mean
            effects.append(((centred.float() @ bend).double() * centred).sum(1) + centred @ delta)
        return float(torch.cat(effects).std() / len(rows) ** 0.5)

    def _decomposition(self, other: Gaussian) -> tuple[Tensor, Tensor]:
        """Return eigenvalues and eigenvectors of ``F^T B F``; those of the last Gaussian are kept."""
        if self._decomposed is None or self._decomposed[0] is not other:
            values, vectors = torch.linalg.eigh(self._between(other))
            self._decomposed = other, values, vectors
        return self._decomposed[1:]

    def _between(self, other: Gaussian) -> Tensor:
        """Return ``F^T B F``. Raises ValueError for what cannot be compared."""
        a, b = self.reference, other
        if a.mean.shape != b.mean.shape:
            raise ValueError(f"cannot compare features of {len(a.mean)} and {len(b.mean)} dimensions")
        if not all(bool(x.isfinite().all()) for x in (a.mean, a.covariance, b.mean, b.covariance)):
            raise ValueError("the feature statistics hold numbers that are not finite")
        product = self._factor.T @ b.covariance.double() @ self._factor
        return (product + product.T) / 2


def frechet_terms(a: Gaussian, b: Gaussian) -> FrechetTerms:
    """Return the two terms of the distance; see :meth:`FrechetTo.terms`."""
    return FrechetTo(a).terms(b)


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """Return the (squared) Fréchet distance between two Gaussians; see :meth:`FrechetTo.terms`."""
    return frechet_terms(a, b).distance
