"""As Mimicry's tables.

Lee and Town, "Mimicry: Towards the Reproducibility of GAN Research" (2020), arXiv:2005.02494.
"""

from ganbench.metrics.base import Metric
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.extractors.inception import InceptionFeatures
from ganbench.metrics.frechet import FrechetDistance
from ganbench.metrics.inception_score import InceptionScore
from ganbench.metrics.kernel import KernelDistance
from ganbench.metrics.protocols.base import EvaluationProtocol


def _metrics(features: FeatureExtractor) -> tuple[Metric, ...]:
    return (
        FrechetDistance(features),
        KernelDistance(features, subset_count=10, subset_size=5000),
        InceptionScore(features, splits=10),
    )


MIMICRY = EvaluationProtocol(
    name="mimicry",
    whose="Mimicry: TensorFlow's Inception, 50,000 samples against the train split, KID over 10 subsets, IS over 10",
    features=InceptionFeatures,
    metrics=_metrics,
    samples=50_000,
    differs=(
        "there samples are stretched to 0..255 by the least and the largest of all their values before rounding",
        "there 50,000 real pictures are taken where there are more; here all, but 10,000 random ones for KID",
        "there the mean of three draws of the samples is reported",
    ),
)
