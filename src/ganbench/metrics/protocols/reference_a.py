"""50,000 samples against the train split by torch-fidelity, as the xyfJASON/GANs-Implementations repository does."""

from ganbench.metrics.base import Metric
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.extractors.inception import InceptionFeatures
from ganbench.metrics.frechet import FrechetDistance
from ganbench.metrics.frechet_per_class import FrechetPerClass
from ganbench.metrics.inception_score import InceptionScore
from ganbench.metrics.protocols.base import EvaluationProtocol


def _metrics(features: FeatureExtractor) -> tuple[Metric, ...]:
    return FrechetDistance(features), InceptionScore(features, splits=10)


def _of_classes(features: FeatureExtractor) -> tuple[Metric, ...]:
    return (FrechetPerClass(features),)


REFERENCE_A = EvaluationProtocol(
    name="reference-a",
    whose="xyfJASON/GANs-Implementations: torch-fidelity, 50,000 samples against the train split, IS over 10 splits, "
    "and for models of classes the mean distance class by class",
    features=InceptionFeatures,
    metrics=_metrics,
    of_classes=_of_classes,
    samples=50_000,
    differs=("there the best of 40 checkpoints, by the very score that is reported, is the one reported",),
)
