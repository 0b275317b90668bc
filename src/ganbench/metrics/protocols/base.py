"""What a protocol is: all that decides a score but the samples themselves, fixed under one name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ganbench.data.base import Dataset
from ganbench.metrics.base import JSON, Metric, Score
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.protocols.part import Draw, part_of

Split: TypeAlias = Literal["train", "test"]


@dataclass(frozen=True, kw_only=True)
class EvaluationProtocol:
    """Features, metrics, numbers of samples, and which real pictures stand on the other side.

    ``whose`` says who measures so. ``features`` makes the network, once for all ``metrics`` and, where samples have
    the reference's classes for labels, for those ``of_classes``. Of the reference's
    ``split``, all items are taken, or ``reference_items`` as ``draw`` says. ``flaw`` says why the protocol is not
    to be relied on, and is empty where it is; ``differs`` says where ours cannot do as the original did.
    """

    name: str
    whose: str
    features: Callable[[], FeatureExtractor]
    metrics: Callable[[FeatureExtractor], tuple[Metric, ...]]
    samples: int
    of_classes: Callable[[FeatureExtractor], tuple[Metric, ...]] = lambda features: ()
    split: Split = "train"
    reference_items: int | None = None
    draw: Draw = "all"
    flaw: str = ""
    differs: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name as it stands before a score's, with the mark of those that have a flaw."""
        return f"{self.name}-flawed" if self.flaw else self.name

    def chosen(self, *, labelled: bool) -> tuple[Metric, ...]:
        """Make the network and the metrics, with those of classes if samples are ``labelled``."""
        features = self.features()
        return self.metrics(features) + (self.of_classes(features) if labelled else ())

    def reference(self, whole: Dataset) -> Dataset:
        """Return the real pictures that samples are compared with. Raises UserError if there are too few."""
        return part_of(whole, self.draw, self.reference_items, self.name)

    def named(self, score: Score) -> Score:
        """Return a score under this protocol's name, with the protocol in its record."""
        record: Mapping[str, JSON] = {"name": self.name, "reference": self.draw, "flawed": bool(self.flaw)}
        notes: dict[str, JSON] = {"protocol": self.whose}
        if self.flaw:
            notes["flaw"] = self.flaw
        if self.differs:
            notes["differs_from_the_original"] = list(self.differs)
        return replace(
            score,
            name=f"{self.label}/{score.name}",
            details={**score.details, **notes},
            measured={**score.measured, "protocol": record},
        )
