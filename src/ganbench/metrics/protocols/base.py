"""The evaluation protocol: everything but the samples that determines a score, under one name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ganbench.data.split import Split
from ganbench.metrics.base import Metric
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.score import JSON, Score


@dataclass(frozen=True, kw_only=True)
class EvaluationProtocol:
    """The features, metrics, sample count and real images of an evaluation.

    Attributes:
        name: The protocol's name.
        description: Whose protocol it is, and what it fixes.
        features: Builds the feature extractor that all metrics share.
        metrics: Builds the metrics.
        class_metrics: Builds additional metrics for samples that are labelled with the reference's classes.
        samples: The number of samples.
        split: The split of the reference; all its items are used.
        differences: Where our implementation differs from the original.
    """

    name: str
    description: str
    features: Callable[[], FeatureExtractor]
    metrics: Callable[[FeatureExtractor], tuple[Metric, ...]]
    class_metrics: Callable[[FeatureExtractor], tuple[Metric, ...]] = lambda features: ()
    samples: int
    split: Split = "train"
    differences: tuple[str, ...] = ()

    def build_metrics(self, *, labelled: bool) -> tuple[Metric, ...]:
        """Build the feature extractor and the metrics, including those for ``labelled`` samples."""
        features = self.features()
        return self.metrics(features) + (self.class_metrics(features) if labelled else ())

    def tag_score(self, score: Score) -> Score:
        """Return a copy of a score with the protocol in its name and record."""
        record: Mapping[str, JSON] = {"name": self.name, "reference": "all", "flawed": False}
        notes: dict[str, JSON] = {"protocol": self.description}
        if self.differences:
            notes["differs_from_the_original"] = list(self.differences)
        return replace(
            score,
            name=f"{self.name}/{score.name}",
            details={**score.details, **notes},
            measured={**score.measured, "protocol": record},
        )
