"""The Fréchet distance between two Gaussians, and how far chance moves it.

Dowson and Landau, "The Fréchet Distance between Multivariate Normal Distributions" (1982).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ganbench.metrics.statistics import Gaussian


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
