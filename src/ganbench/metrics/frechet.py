"""The Fréchet distance between features of samples and of a data set, as if both were Gaussian.

Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium" (2017),
arXiv:1706.08500. With any network but that paper's Inception it is not the FID, and is not called so here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.base import JSON, Better, Kind, Metric, Score
from ganbench.metrics.chunk import Chunk
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.reference import Progress, reference_statistics
from ganbench.metrics.statistics import Gaussian, RunningGaussian

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

RELIABLE_SAMPLES = 10_000


@dataclass(frozen=True)
class FrechetTerms:
    """The squared distance of the means, and what the covariances add to it."""

    mean: float
    covariance: float

    @property
    def distance(self) -> float:
        """The (squared) Fréchet distance, as everybody reports it."""
        return self.mean + self.covariance


def frechet_terms(a: Gaussian, b: Gaussian) -> FrechetTerms:
    """Return ``|ma - mb|²`` and ``tr(A + B - 2 (A^1/2 B A^1/2)^1/2)``, in float64 by eigenvalues.

    Eigenvalues that rounding made negative count as zero, and so does a negative covariance term.
    Raises ValueError for statistics of different dimensions or with numbers that are not finite.
    """
    if a.mean.shape != b.mean.shape:
        raise ValueError(f"cannot compare features of {len(a.mean)} and {len(b.mean)} dimensions")
    if not all(bool(x.isfinite().all()) for x in (a.mean, a.covariance, b.mean, b.covariance)):
        raise ValueError("the feature statistics hold numbers that are not finite")
    mean = float((a.mean - b.mean).double().square().sum())
    root = _root(a.covariance.double())
    middle = root @ b.covariance.double() @ root
    overlap = torch.linalg.eigvalsh((middle + middle.T) / 2).clamp(min=0).sqrt().sum()
    total = a.covariance.double().trace() + b.covariance.double().trace()
    return FrechetTerms(mean, max(0.0, float(total - 2 * overlap)))


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """Return the (squared) Fréchet distance between two Gaussians; see :func:`frechet_terms`."""
    return frechet_terms(a, b).distance


def _root(covariance: Tensor) -> Tensor:
    """Return the symmetric square root of a positive semi-definite ``[D, D]``."""
    values, vectors = torch.linalg.eigh(covariance)
    root: Tensor = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    return root


@dataclass(frozen=True)
class FrechetDistance(Metric):
    """``fd[<features>]``, lower is better; measured on 10,000 samples against all of the reference set.

    With no more samples than feature dimensions the covariance is singular and the score mostly bias: that is
    refused, unless ``allow_rank_deficient``. ``reference_items`` takes a random part of the reference, always
    the same one.
    """

    features: FeatureExtractor
    allow_rank_deficient: bool = False
    reference_items: int | None = None
    progress: Progress | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The features are in the name: distances in other features are other scores."""
        return f"fd[{self.features.name}]"

    @property
    def better(self) -> Better:
        """Lower is better."""
        return "lower"

    @property
    def kind(self) -> Kind:
        """It judges pictures."""
        return "image"

    @property
    def minimum(self) -> int:
        """One more than the feature dimensions, or 2 if a singular covariance is allowed."""
        return 2 if self.allow_rank_deficient else self.features.dims + 1

    @property
    def usual(self) -> int:
        """As many as make the bias small next to the differences between models."""
        return RELIABLE_SAMPLES

    def begin(self, reference: Dataset) -> FrechetMeasurement:
        """Have the reference's statistics ready, from the cache or by a pass over the set."""
        size = reference.info.size
        items = size if self.reference_items is None else self.reference_items
        if not self.minimum <= items <= size:
            raise UserError(
                f"metric '{self.name}' needs a reference of at least {self.minimum:,} items, and "
                f"'{reference.info.name}' has {size:,}, of which {items:,} were asked for; "
                "use a larger set, or allow_rank_deficient=True"
            )
        statistics = reference_statistics(reference, self.features, items, progress=self.progress)
        return FrechetMeasurement(self, statistics, reference_record(reference, items))


class FrechetMeasurement:
    """The samples' running statistics, next to the reference's."""

    def __init__(self, metric: FrechetDistance, reference: Gaussian, record: dict[str, JSON]) -> None:
        self._metric = metric
        self._reference = reference
        self._record = record
        self._running = RunningGaussian(metric.features.dims)

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures."""
        self._running.add(chunk.features(self._metric.features))

    def score(self) -> Score:
        """Return the distance of all pictures so far."""
        terms = frechet_terms(self._reference, self._running.gaussian())
        count = self._running.count
        measured: dict[str, JSON] = {
            "samples": count,
            "reference": self._record,
            "features": features_record(self._metric.features),
            "covariance": "unbiased, float64",
            "versions": versions("ganbench", "torch"),
        }
        if count < RELIABLE_SAMPLES:
            measured["warning"] = (
                f"measured on {count:,} samples: below {RELIABLE_SAMPLES:,} the bias is large; "
                "compare only at equal counts"
            )
        return Score(
            name=self._metric.name,
            value=terms.distance,
            better=self._metric.better,
            details={"mean_term": terms.mean, "covariance_term": terms.covariance},
            measured=measured,
        )
