"""What a protocol is: all that decides a score but the samples themselves, fixed under one name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ganbench.metrics.base import Metric
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.score import JSON, Score

Split: TypeAlias = Literal["train", "test"]


@dataclass(frozen=True, kw_only=True)
class EvaluationProtocol:
    """Features, metrics, numbers of samples, and which real pictures stand on the other side.

    ``whose`` says who measures so. ``features`` makes the network, once for all ``metrics`` and, where samples have
    the reference's classes for labels, for those ``of_classes``. Of the reference's
    ``split`` all items are taken. ``differs`` says where ours cannot do as the original did.
    """

    name: str
    whose: str
    features: Callable[[], FeatureExtractor]
    metrics: Callable[[FeatureExtractor], tuple[Metric, ...]]
    samples: int
    of_classes: Callable[[FeatureExtractor], tuple[Metric, ...]] = lambda features: ()
    split: Split = "train"
    differs: tuple[str, ...] = ()

    def chosen(self, *, labelled: bool) -> tuple[Metric, ...]:
        """Make the network and the metrics, with those of classes if samples are ``labelled``."""
        features = self.features()
        return self.metrics(features) + (self.of_classes(features) if labelled else ())

    def named(self, score: Score) -> Score:
        """Return a score under this protocol's name, with the protocol in its record."""
        record: Mapping[str, JSON] = {"name": self.name, "reference": "all", "flawed": False}
        notes: dict[str, JSON] = {"protocol": self.whose}
        if self.differs:
            notes["differs_from_the_original"] = list(self.differs)
        return replace(
            score,
            name=f"{self.name}/{score.name}",
            details={**score.details, **notes},
            measured={**score.measured, "protocol": record},
        )
