"""The metrics and feature extractors that have names, for the command line and for recipes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from ganbench.errors import UserError, did_you_mean
from ganbench.metrics.base import Kind, Metric
from ganbench.metrics.extractors.base import FeatureExtractor


class ExtractorMaker(Protocol):
    """Makes an extractor; no resolution means its own default. ``of`` is what stands behind a colon, or empty."""

    def __call__(self, of: str, resolution: int | None) -> FeatureExtractor: ...


def _efficientnet_lite0(of: str, resolution: int | None) -> FeatureExtractor:
    from ganbench.metrics.extractors.efficientnet_lite0 import EfficientNetLite0Features

    if of:
        raise UserError(f"features 'efficientnet-lite0' take nothing behind a colon, but got '{of}'")
    return EfficientNetLite0Features() if resolution is None else EfficientNetLite0Features(resolution)


def _classifier(of: str, resolution: int | None) -> FeatureExtractor:
    from ganbench.metrics.classifier import classifier_of
    from ganbench.metrics.extractors.classifier import ClassifierFeatures

    if not of:
        raise UserError("features 'classifier' need a labelled data set: write classifier:mnist")
    if resolution is not None:
        raise UserError(
            f"features 'classifier:{of}' see pictures as large as the set's; leave the resolution out"
        )
    return ClassifierFeatures(classifier_of(of))


def _frechet(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.frechet import FrechetDistance

    return FrechetDistance(features())


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


EXTRACTORS: Mapping[str, ExtractorMaker] = MappingProxyType(
    {"efficientnet-lite0": _efficientnet_lite0, "classifier": _classifier}
)
METRICS: Mapping[str, Callable[[Callable[[], FeatureExtractor]], Metric]] = MappingProxyType(
    {
        "fd": _frechet,
        "modes": _modes,
        "stacked-modes": _stacked_modes,
        "w1": _wasserstein_1,
        "ks": _kolmogorov_smirnov,
    }
)
DEFAULT_FOR_NUMBERS = ("w1", "ks")  # data of one dimension, where more than the modes can be compared


def metric_named(
    name: str, features: str | FeatureExtractor = "efficientnet-lite0", resolution: int | None = None
) -> Metric:
    """Return the metric of that name; ``features`` (for those that have them) is a name or an extractor.

    Raises UserError for an unknown metric or features, and for features whose package is not installed.
    """
    if name not in METRICS:
        raise UserError(f"there is no metric '{name}'{did_you_mean(name, METRICS)}")
    return METRICS[name](
        lambda: extractor_named(features, resolution) if isinstance(features, str) else features
    )


def extractor_named(name: str, resolution: int | None = None) -> FeatureExtractor:
    """Return the feature extractor of that name, seeing pictures at ``resolution`` or its own default.

    A name may go on behind a colon: ``classifier:mnist``.
    Raises UserError for an unknown name, and for one whose package is not installed or that cannot be trained.
    """
    kind, _, of = name.partition(":")
    if kind not in EXTRACTORS:
        raise UserError(f"there are no features '{name}'{did_you_mean(kind, EXTRACTORS)}")
    return EXTRACTORS[kind](of, resolution)


def default_metric(kind: Kind, *, modes: bool = True, stacked: bool = False) -> str | None:
    """Return the name of the metric for data of that kind; None for points whose ``modes`` are not known.

    ``stacked`` says that the channels of the pictures are pictures of a labelled set.
    """
    if kind == "image":
        return "stacked-modes" if stacked else "fd"
    return "modes" if modes else None
