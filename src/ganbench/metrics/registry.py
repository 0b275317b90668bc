"""The metrics and feature extractors that have names, for the command line and for recipes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from ganbench.errors import UserError, did_you_mean
from ganbench.metrics.base import Kind, Metric
from ganbench.metrics.extractors.base import FeatureExtractor


class ExtractorMaker(Protocol):
    """Makes an extractor; no resolution means its own default."""

    def __call__(self, resolution: int | None) -> FeatureExtractor: ...


def _efficientnet_lite0(resolution: int | None) -> FeatureExtractor:
    from ganbench.metrics.extractors.efficientnet_lite0 import EfficientNetLite0Features

    return EfficientNetLite0Features() if resolution is None else EfficientNetLite0Features(resolution)


def _frechet(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.frechet import FrechetDistance

    return FrechetDistance(features())


def _modes(features: Callable[[], FeatureExtractor]) -> Metric:
    from ganbench.metrics.mode_coverage import Modes

    return Modes()


EXTRACTORS: Mapping[str, ExtractorMaker] = MappingProxyType({"efficientnet-lite0": _efficientnet_lite0})
METRICS: Mapping[str, Callable[[Callable[[], FeatureExtractor]], Metric]] = MappingProxyType(
    {"fd": _frechet, "modes": _modes}
)


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

    Raises UserError for an unknown name, and for one whose package is not installed.
    """
    if name not in EXTRACTORS:
        raise UserError(f"there are no features '{name}'{did_you_mean(name, EXTRACTORS)}")
    return EXTRACTORS[name](resolution)


def default_metric(kind: Kind, *, modes: bool = True) -> str | None:
    """Return the name of the metric for data of that kind; None for points whose ``modes`` are not known."""
    if kind == "image":
        return "fd"
    return "modes" if modes else None
