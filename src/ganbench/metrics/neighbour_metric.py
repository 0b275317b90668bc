"""What precision and recall, and density and coverage, share: features of both sides and one count of neighbours."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.base import JSON, Better, Score
from ganbench.metrics.chunk import Chunk, identity
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.neighbours import Neighbourhoods, neighbourhoods, seconds_for
from ganbench.metrics.pictures import PictureMetric, Rows
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.reference import reference_rows

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

USUAL_KS = (3, 5)  # of the two metrics: counted together, so that whichever comes second has nothing to do


@dataclass(frozen=True)
class NeighbourMetric(PictureMetric):
    """A metric made of neighbourhoods of ``k`` neighbours, higher is better.

    It is measured on as many random real pictures as there are samples, at most 10,000.
    """

    features: FeatureExtractor
    k: int

    @property
    def better(self) -> Better:
        """Higher is better."""
        return "higher"

    @property
    def minimum(self) -> int:
        """Below that, neighbourhoods are so wide that they say nothing."""
        return max(100, 2 * self.k)

    @abstractmethod
    def judge(self, found: Neighbourhoods) -> tuple[float, dict[str, JSON]]:
        """Return the score, and the numbers that go with it."""

    def begin(self, reference: Dataset) -> NeighbourMeasurement:
        """Have the features of some of the reference's pictures ready. Raises UserError if it has too few."""
        if self.k < 1:
            raise UserError(f"metric '{self.name}' needs k of at least 1, not {self.k}")
        if reference.info.size < self.minimum:
            raise UserError(
                f"metric '{self.name}' needs a reference of at least {self.minimum:,} items, "
                f"and '{reference.info.name}' has {reference.info.size:,}; use a larger set"
            )
        return NeighbourMeasurement(self, reference, reference_rows(reference, self.features))


class NeighbourMeasurement:
    """The samples' features so far, next to the reference's."""

    def __init__(self, metric: NeighbourMetric, reference: Dataset, real: Tensor) -> None:
        self._metric, self._dataset, self._real = metric, reference, real
        self._rows = Rows(metric.features)

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures."""
        self._rows.add(chunk)

    def seconds_to_score(self) -> float:
        """Return about how long the count takes; nothing if another metric has counted already."""
        return 0.0 if self._key() in self._rows.shared else seconds_for(*self._features(), self._ks)

    def score(self) -> Score:
        """Return the score of all pictures so far. Raises UserError if features are not finite."""
        metric, rows = self._metric, self._rows
        if not rows.finite:
            raise UserError(f"metric '{metric.name}': some features of the samples are not finite numbers")
        real, fake = self._features()
        found = rows.shared.once(self._key(), lambda: neighbourhoods(real, fake, self._ks))
        value, details = metric.judge(found)
        measured: dict[str, JSON] = {
            "samples": len(rows),
            "reference": reference_record(self._dataset, len(real)),
            "features": features_record(metric.features),
            "k": metric.k,
            "distances": "Euclidean, float32, borders included",
            "versions": versions("ganbench", "torch"),
        }
        return Score(name=metric.name, value=value, better=metric.better, details=details, measured=measured)

    @property
    def _ks(self) -> tuple[int, ...]:
        return tuple(sorted({*USUAL_KS, self._metric.k}))

    def _features(self) -> tuple[Tensor, Tensor]:
        return self._real[: len(self._rows)], self._rows.matrix()

    def _key(self) -> Hashable:
        count = len(self._rows)
        return ("neighbourhoods", *identity(self._metric.features), len(self._real[:count]), count, self._ks)
