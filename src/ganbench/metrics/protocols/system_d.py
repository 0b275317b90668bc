"""How the vineeths96/Generative-Adversarial-Networks-GANs repository measures: too few pictures, some of them twice."""

from ganbench.metrics.base import Metric
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.extractors.torchvision_inception import TorchvisionInception
from ganbench.metrics.frechet import FrechetDistance
from ganbench.metrics.protocols.base import EvaluationProtocol


def _features() -> FeatureExtractor:
    return TorchvisionInception("pool")


def _metrics(features: FeatureExtractor) -> tuple[Metric, ...]:
    return (FrechetDistance(features, allow_rank_deficient=True),)


SYSTEM_D = EvaluationProtocol(
    name="system-d",
    whose="vineeths96/Generative-Adversarial-Networks-GANs: 1,000 samples against 1,000 pictures of the test split, "
    "drawn with replacement, in the 2,048 pooled numbers of Keras' Inception-v3",
    features=_features,
    metrics=_metrics,
    samples=1_000,
    split="test",
    reference_items=1_000,
    draw="at random with replacement",
    flaw="both covariances are singular (1,000 pictures, 2,048 numbers each) and some real pictures count twice; the "
    "system reports the least of about 400 such scores; for a side-by-side with its own numbers only",
    differs=(
        "the weights are torchvision's of the same network, not Keras' file",
        "pictures are enlarged by torch's bilinear filter, not scikit-image's, which treats the rim otherwise",
        "there samples are not rounded to uint8, and each evaluation draws anew",
    ),
)
