"""How the LuisguiPizana/gans-paper repository measures: far too few pictures, and in class logits."""

from ganbench.metrics.base import Metric
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.extractors.torchvision_inception import TorchvisionInception
from ganbench.metrics.frechet import FrechetDistance
from ganbench.metrics.inception_score import InceptionScore
from ganbench.metrics.protocols.base import EvaluationProtocol


def _features() -> FeatureExtractor:
    return TorchvisionInception("logits")


def _metrics(features: FeatureExtractor) -> tuple[Metric, ...]:
    return FrechetDistance(features, allow_rank_deficient=True), InceptionScore(features, splits=10)


SYSTEM_C = EvaluationProtocol(
    name="system-c",
    whose="LuisguiPizana/gans-paper: 500 samples against 500 pictures of the train split in order, in the 1,000 logits "
    "of torchvision's Inception-v3",
    features=_features,
    metrics=_metrics,
    samples=500,
    reference_items=500,
    draw="the first in order",
    flaw="both covariances are singular (500 pictures, 1,000 numbers each), so that most of the score is bias, and the "
    "features are class logits; for a side-by-side with that system's own numbers only",
    differs=(
        "there each evaluation takes the next 500 pictures, here always the first",
        "there samples are not rounded to uint8",
    ),
)
