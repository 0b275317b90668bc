"""As clean-fid.

Parmar, Zhang and Zhu, "On Aliased Resizing and Surprising Subtleties in GAN Evaluation" (2021), arXiv:2104.11222.
"""

from ganbench.metrics.base import Metric
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.extractors.inception import InceptionFeatures
from ganbench.metrics.extractors.inception_preparation import CLEAN as PREPARATION
from ganbench.metrics.frechet import FrechetDistance
from ganbench.metrics.kernel import KernelDistance
from ganbench.metrics.protocols.base import EvaluationProtocol


def _features() -> FeatureExtractor:
    return InceptionFeatures(preparation=PREPARATION)


def _metrics(features: FeatureExtractor) -> tuple[Metric, ...]:
    return FrechetDistance(features), KernelDistance(features)


CLEAN = EvaluationProtocol(
    name="clean",
    whose="clean-fid, mode 'clean': Inception of TensorFlow, Pillow's bicubic resizer without rounding, 50,000 samples "
    "against the train split",
    features=_features,
    metrics=_metrics,
    samples=50_000,
    differs=("its published CIFAR-10 table has 10,000 samples against the test split",),
)
