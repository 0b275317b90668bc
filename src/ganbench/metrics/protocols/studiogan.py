"""As StudioGAN's benchmark of CIFAR-10.

Kang, Shin and Park, "StudioGAN: A Taxonomy and Benchmark of GANs for Image Synthesis" (2022), arXiv:2206.09479.
"""

from ganbench.metrics.base import Metric
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.extractors.inception import InceptionFeatures
from ganbench.metrics.extractors.inception_preparation import STUDIOGAN as PREPARATION
from ganbench.metrics.frechet import FrechetDistance
from ganbench.metrics.inception_score import InceptionScore
from ganbench.metrics.protocols.base import EvaluationProtocol


def _features() -> FeatureExtractor:
    return InceptionFeatures(preparation=PREPARATION)


def _metrics(features: FeatureExtractor) -> tuple[Metric, ...]:
    return FrechetDistance(features), InceptionScore(features, splits=1)


STUDIOGAN = EvaluationProtocol(
    name="studiogan",
    whose="StudioGAN, CIFAR-10: Inception of TensorFlow, Pillow's bilinear resizer (its 'friendly'), 50,000 samples "
    "against the train split, IS over all of them at once",
    features=_features,
    metrics=_metrics,
    samples=50_000,
    differs=(
        "there batch norms of G have standing statistics, gathered anew before the samples are made",
        "its precision, recall, density and coverage, of 50,000 samples and 50,000 real pictures, are left out",
        "there the best checkpoint, by the very score that is reported, is the one reported",
    ),
)
