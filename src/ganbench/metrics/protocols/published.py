"""The protocols of published tables, one constant each."""

from __future__ import annotations

from ganbench.metrics.base import Metric
from ganbench.metrics.distances.frechet import FrechetDistance
from ganbench.metrics.distances.frechet_per_class import FrechetPerClass
from ganbench.metrics.distances.inception_score import InceptionScore
from ganbench.metrics.distances.kernel import KernelDistance
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.extractors.inception import CLEAN as CLEAN_RESIZER
from ganbench.metrics.extractors.inception import STUDIOGAN as STUDIOGAN_RESIZER
from ganbench.metrics.extractors.inception import InceptionFeatures
from ganbench.metrics.protocols.base import EvaluationProtocol


def _clean_features() -> FeatureExtractor:
    return InceptionFeatures(preparation=CLEAN_RESIZER)


def _clean_metrics(features: FeatureExtractor) -> tuple[Metric, ...]:
    return FrechetDistance(features), KernelDistance(features)


#: Parmar, Zhang and Zhu, "On Aliased Resizing and Surprising Subtleties in GAN Evaluation" (2021), arXiv:2104.11222.
CLEAN = EvaluationProtocol(
    name="clean",
    whose="clean-fid, mode 'clean': Inception of TensorFlow, Pillow's bicubic resizer without rounding, 50,000 samples "
    "against the train split",
    features=_clean_features,
    metrics=_clean_metrics,
    samples=50_000,
    differs=("its published CIFAR-10 table has 10,000 samples against the test split",),
)


def _gans_implementations_metrics(features: FeatureExtractor) -> tuple[Metric, ...]:
    return FrechetDistance(features), InceptionScore(features, splits=10)


def _gans_implementations_class_metrics(features: FeatureExtractor) -> tuple[Metric, ...]:
    return (FrechetPerClass(features),)


#: The repository xyfJASON/GANs-Implementations: 50,000 samples against the train split by torch-fidelity.
GANS_IMPLEMENTATIONS = EvaluationProtocol(
    name="gans-implementations",
    whose="xyfJASON/GANs-Implementations: torch-fidelity, 50,000 samples against the train split, IS over 10 splits, "
    "and for models of classes the mean distance class by class",
    features=InceptionFeatures,
    metrics=_gans_implementations_metrics,
    of_classes=_gans_implementations_class_metrics,
    samples=50_000,
    differs=("there the best of 40 checkpoints, by the very score that is reported, is the one reported",),
)


def _mimicry_metrics(features: FeatureExtractor) -> tuple[Metric, ...]:
    return (
        FrechetDistance(features),
        KernelDistance(features, subset_count=10, subset_size=5000),
        InceptionScore(features, splits=10),
    )


#: Lee and Town, "Mimicry: Towards the Reproducibility of GAN Research" (2020), arXiv:2005.02494.
MIMICRY = EvaluationProtocol(
    name="mimicry",
    whose="Mimicry: TensorFlow's Inception, 50,000 samples against the train split, KID over 10 subsets, IS over 10",
    features=InceptionFeatures,
    metrics=_mimicry_metrics,
    samples=50_000,
    differs=(
        "there samples are stretched to 0..255 by the least and the largest of all their values before rounding",
        "there 50,000 real pictures are taken where there are more; here all, but 10,000 random ones for KID",
        "there the mean of three draws of the samples is reported",
    ),
)


def _studiogan_features() -> FeatureExtractor:
    return InceptionFeatures(preparation=STUDIOGAN_RESIZER)


def _studiogan_metrics(features: FeatureExtractor) -> tuple[Metric, ...]:
    return FrechetDistance(features), InceptionScore(features, splits=1)


#: Kang, Shin and Park, "StudioGAN: A Taxonomy and Benchmark of GANs for Image Synthesis" (2022), arXiv:2206.09479.
STUDIOGAN = EvaluationProtocol(
    name="studiogan",
    whose="StudioGAN, CIFAR-10: Inception of TensorFlow, Pillow's bilinear resizer (its 'friendly'), 50,000 samples "
    "against the train split, IS over all of them at once",
    features=_studiogan_features,
    metrics=_studiogan_metrics,
    samples=50_000,
    differs=(
        "there batch norms of G have standing statistics, gathered anew before the samples are made",
        "its precision, recall, density and coverage, of 50,000 samples and 50,000 real pictures, are left out",
        "there the best checkpoint, by the very score that is reported, is the one reported",
    ),
)
