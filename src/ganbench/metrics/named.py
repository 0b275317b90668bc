"""The metrics that have names, each made only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ganbench.metrics.base import Metric
from ganbench.metrics.extractors.base import FeatureExtractor


def _frechet(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.frechet import FrechetDistance

    return FrechetDistance(features())


def _frechet_infinity(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.frechet_infinity import FrechetInfinity

    return FrechetInfinity(features())


def _frechet_per_class(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.frechet_per_class import FrechetPerClass

    return FrechetPerClass(features())


def _kernel(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.kernel import KernelDistance

    return KernelDistance(features())


def _inception_score(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.inception_score import InceptionScore

    return InceptionScore(features())


def _precision_recall(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.precision_recall import PrecisionRecall

    return PrecisionRecall(features())


def _density_coverage(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.density_coverage import DensityCoverage

    return DensityCoverage(features())


def _memorization(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.memorization import Memorization

    return Memorization(features())


def _sliced_wasserstein(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.sliced_wasserstein import SlicedWasserstein

    return SlicedWasserstein()


def _spectrum(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.spectrum import SpectrumDistance

    return SpectrumDistance()


def _modes(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.mode_coverage import Modes

    return Modes()


def _stacked_modes(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.stacked_modes import StackedModes

    return StackedModes()


def _wasserstein_1(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.one_dimension import OneDimension, wasserstein_1

    return OneDimension("w1", wasserstein_1)


def _kolmogorov_smirnov(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.one_dimension import OneDimension, kolmogorov_smirnov

    return OneDimension("ks", kolmogorov_smirnov)


def _accuracy(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.conditional_accuracy import ConditionalAccuracy

    return ConditionalAccuracy(features())


def _balance(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.class_balance import ClassBalance

    return ClassBalance(features())


def _utility(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.utility import Utility

    return Utility()


def _diversity(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.diversity import Diversity

    return Diversity(features())


def _path_length(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.path_length import PathLength

    return PathLength(features())


def _probe(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.linear_probe import LinearProbe

    return LinearProbe(features())


def _knn(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.nearest_classes import NearestClasses

    return NearestClasses(features())


def _own_features(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.own_features import OwnFeatures

    return OwnFeatures()


METRICS: Mapping[str, Callable[[Callable[[], FeatureExtractor]], Metric]] = MappingProxyType(
    {
        "fd": _frechet,
        "fd-inf": _frechet_infinity,
        "fd-class": _frechet_per_class,
        "kd": _kernel,
        "is": _inception_score,
        "pr": _precision_recall,
        "dc": _density_coverage,
        "accuracy": _accuracy,
        "balance": _balance,
        "memorization": _memorization,
        "utility": _utility,
        "diversity": _diversity,
        "ppl": _path_length,
        "probe": _probe,
        "knn": _knn,
        "own-knn": _own_features,
        "swd": _sliced_wasserstein,
        "spectrum": _spectrum,
        "modes": _modes,
        "stacked-modes": _stacked_modes,
        "w1": _wasserstein_1,
        "ks": _kolmogorov_smirnov,
    }
)
