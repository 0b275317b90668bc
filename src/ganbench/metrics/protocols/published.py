"""The evaluation protocols of published results, one constant each."""

from __future__ import annotations

from functools import partial

from ganbench.metrics.distances.frechet import FrechetDistance
from ganbench.metrics.distances.frechet_per_class import FrechetPerClass
from ganbench.metrics.distances.inception_score import InceptionScore
from ganbench.metrics.distances.kernel import KernelDistance
from ganbench.metrics.extractors.inception import CLEAN_RESIZER, STUDIOGAN_RESIZER, InceptionFeatures
from ganbench.metrics.protocols.base import EvaluationProtocol

#: Parmar, Zhang and Zhu, "On Aliased Resizing and Surprising Subtleties in GAN Evaluation" (2021), arXiv:2104.11222.
CLEAN = EvaluationProtocol(
    name="clean",
    description="clean-fid, mode 'clean': Inception of TensorFlow, Pillow's bicubic resizer without rounding, "
    "50,000 samples against the train split",
    features=partial(InceptionFeatures, resizer=CLEAN_RESIZER),
    metrics=lambda features: (FrechetDistance(features), KernelDistance(features)),
    samples=50_000,
    differences=("its published CIFAR-10 table has 10,000 samples against the test split",),
)

#: The repository xyfJASON/GANs-Implementations: 50,000 samples against the train split by torch-fidelity.
GANS_IMPLEMENTATIONS = EvaluationProtocol(
    name="gans-implementations",
    description="xyfJASON/GANs-Implementations: torch-fidelity, 50,000 samples against the train split, "
    "IS over 10 splits, and for models of classes the mean distance class by class",
    features=InceptionFeatures,
    metrics=lambda features: (FrechetDistance(features), InceptionScore(features, splits=10)),
    class_metrics=lambda features: (FrechetPerClass(features),),
    samples=50_000,
    differences=(
        "there the best of 40 checkpoints, by the very score that is reported, is the one reported",
    ),
)

#: Lee and Town, "Mimicry: Towards the Reproducibility of GAN Research" (2020), arXiv:2005.02494.
MIMICRY = EvaluationProtocol(
    name="mimicry",
    description="Mimicry: TensorFlow's Inception, 50,000 samples against the train split, KID over 10 subsets, "
    "IS over 10",
    features=InceptionFeatures,
    metrics=lambda features: (
        FrechetDistance(features),
        KernelDistance(features, subset_count=10, subset_size=5000),
        InceptionScore(features, splits=10),
    ),
    samples=50_000,
    differences=(
        "there samples are stretched to 0..255 by the least and the largest of all their values before rounding",
        "there 50,000 real pictures are taken where there are more; here all, but 10,000 random ones for KID",
        "there the mean of three draws of the samples is reported",
    ),
)

#: Kang, Shin and Park, "StudioGAN: A Taxonomy and Benchmark of GANs for Image Synthesis" (2022), arXiv:2206.09479.
STUDIOGAN = EvaluationProtocol(
    name="studiogan",
    description="StudioGAN, CIFAR-10: Inception of TensorFlow, Pillow's bilinear resizer (its 'friendly'), "
    "50,000 samples against the train split, IS over all of them at once",
    features=partial(InceptionFeatures, resizer=STUDIOGAN_RESIZER),
    metrics=lambda features: (FrechetDistance(features), InceptionScore(features, splits=1)),
    samples=50_000,
    differences=(
        "there batch norms of G have standing statistics, gathered anew before the samples are made",
        "its precision, recall, density and coverage, of 50,000 samples and 50,000 real pictures, are left out",
        "there the best checkpoint, by the very score that is reported, is the one reported",
    ),
)
