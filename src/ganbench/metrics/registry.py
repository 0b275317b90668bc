"""The metrics and feature extractors that have names, for the command line and for recipes."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Protocol

from ganbench.errors import UserError, did_you_mean
from ganbench.metrics.base import Metric
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.score import Kind

#: Where each metric lives below ``ganbench.metrics``; it is imported when it is asked for.
METRICS: Mapping[str, str] = MappingProxyType(
    {
        "fd": "distances.frechet:FrechetDistance",
        "fd-inf": "distances.frechet_infinity:FrechetInfinity",
        "fd-class": "distances.frechet_per_class:FrechetPerClass",
        "kd": "distances.kernel:KernelDistance",
        "is": "distances.inception_score:InceptionScore",
        "pr": "coverage.prdc:PrecisionRecall",
        "dc": "coverage.prdc:DensityCoverage",
        "accuracy": "classes.conditional_accuracy:ConditionalAccuracy",
        "balance": "classes.class_balance:ClassBalance",
        "memorization": "memorization.memorization:Memorization",
        "utility": "classes.utility:Utility",
        "diversity": "coverage.diversity:Diversity",
        "ppl": "coverage.path_length:PathLength",
        "probe": "representation.linear_probe:LinearProbe",
        "knn": "representation.knn:NearestClasses",
        "own-knn": "representation.own_features:OwnFeatures",
        "swd": "distances.sliced_wasserstein:SlicedWasserstein",
        "spectrum": "distances.spectrum:SpectrumDistance",
        "modes": "coverage.mode_coverage:Modes",
        "stacked-modes": "coverage.stacked_modes:StackedModes",
        "w1": "distances.one_dimension:wasserstein_1_metric",
        "ks": "distances.one_dimension:kolmogorov_smirnov_metric",
    }
)


class ExtractorMaker(Protocol):
    """Makes an extractor; no resolution means its own default. ``of`` is what stands behind a colon, or empty."""

    def __call__(self, of: str, resolution: int | None) -> FeatureExtractor: ...


def _efficientnet_lite0(of: str, resolution: int | None) -> FeatureExtractor:
    from ganbench.metrics.extractors.efficientnet_lite0 import EfficientNetLite0Features

    if of:
        raise UserError(f"features 'efficientnet-lite0' take nothing behind a colon, but got '{of}'")
    return EfficientNetLite0Features() if resolution is None else EfficientNetLite0Features(resolution)


def _classifier(of: str, resolution: int | None) -> FeatureExtractor:
    from ganbench.metrics.classes.classifier import classifier_of
    from ganbench.metrics.extractors.classifier import ClassifierFeatures

    if not of:
        raise UserError("features 'classifier' need a labelled data set: write classifier:mnist")
    if resolution is not None:
        raise UserError(
            f"features 'classifier:{of}' see pictures as large as the set's; leave the resolution out"
        )
    return ClassifierFeatures(classifier_of(of))


def _dinov2(of: str, resolution: int | None) -> FeatureExtractor:
    from ganbench.metrics.extractors.dinov2 import dinov2_named

    return dinov2_named(of) if resolution is None else dinov2_named(of, resolution)


def _inception(of: str, resolution: int | None) -> FeatureExtractor:
    from pathlib import Path

    from ganbench.metrics.extractors.inception import InceptionFeatures

    if resolution is not None:
        raise UserError("features 'inception' see pictures at 299 pixels; leave the resolution out")
    return InceptionFeatures(Path(of) if of else None)


def _lpips(of: str, resolution: int | None) -> FeatureExtractor:
    from ganbench.metrics.extractors.lpips import LPIPSFeatures

    if of:
        raise UserError(f"features 'lpips' take nothing behind a colon, but got '{of}'")
    return LPIPSFeatures() if resolution is None else LPIPSFeatures(resolution)


def _pixels(of: str, resolution: int | None) -> FeatureExtractor:
    from ganbench.metrics.extractors.pixels import PixelFeatures

    if of:
        raise UserError(f"features 'pixels' take nothing behind a colon, but got '{of}'; write pixels@16")
    return PixelFeatures() if resolution is None else PixelFeatures(resolution)


EXTRACTORS: Mapping[str, ExtractorMaker] = MappingProxyType(
    {
        "efficientnet-lite0": _efficientnet_lite0,
        "inception": _inception,
        "dinov2": _dinov2,
        "classifier": _classifier,
        "lpips": _lpips,
        "pixels": _pixels,
    }
)
DEFAULT_FOR_NUMBERS = ("w1", "ks")  # data of one dimension, where more than the modes can be compared


def metrics_named(
    names: Sequence[str],
    features: str | FeatureExtractor = "efficientnet-lite0",
    resolution: int | None = None,
    *,
    trusted: Collection[str] = (),
    shape: tuple[int, ...] | None = None,
    allow_rank_deficient: bool = False,
) -> list[Metric]:
    """Return the metrics of those names, with one extractor for all that need it; raises as :func:`metric_named`.

    ``trusted`` and ``shape`` are as in :func:`extractor_named`. ``allow_rank_deficient`` goes to the metrics that
    would refuse fewer samples than feature dimensions.
    """
    unknown = [name for name in names if name not in METRICS]
    if unknown:
        hint = did_you_mean(unknown[0], METRICS) or f"; known: {', '.join(METRICS)}"
        raise UserError(f"there is no metric '{unknown[0]}'{hint}")

    @cache
    def once() -> FeatureExtractor:
        if not isinstance(features, str):
            return features
        return extractor_named(features, resolution, trusted=trusted, shape=shape)

    return [_insisting(_build(METRICS[name], once), allow_rank_deficient) for name in names]


def _build(address: str, features: Callable[[], FeatureExtractor]) -> Metric:
    """Call what stands at an address; ``features`` is asked for an extractor only if the metric takes one."""
    module, _, name = address.partition(":")
    target = getattr(importlib.import_module(f"ganbench.metrics.{module}"), name)
    metric: Metric = target(features()) if "features" in inspect.signature(target).parameters else target()
    return metric


def _insisting(metric: Metric, allow_rank_deficient: bool) -> Metric:
    if not allow_rank_deficient or not hasattr(metric, "allow_rank_deficient"):
        return metric
    made: Metric = dataclasses.replace(metric, allow_rank_deficient=True)  # type: ignore[type-var]
    return made


def metric_named(
    name: str, features: str | FeatureExtractor = "efficientnet-lite0", resolution: int | None = None
) -> Metric:
    """Return the metric of that name; ``features`` (for those that have them) is a name or an extractor.

    Raises UserError for an unknown metric or features, and for features whose package is not installed.
    """
    return metrics_named([name], features, resolution)[0]


def extractor_named(
    name: str,
    resolution: int | None = None,
    *,
    trusted: Collection[str] = (),
    shape: tuple[int, ...] | None = None,
) -> FeatureExtractor:
    """Return the feature extractor of that name, seeing pictures at ``resolution`` or its own default.

    A name may go on with a resolution, ``efficientnet-lite0@224``, and behind a colon: ``classifier:mnist``,
    ``inception:PATH``, ``dinov2:vitb14``. ``module:function`` of a module in ``trusted`` is a function of the
    user's, which will be shown pictures of that ``shape``.
    Raises UserError for an unknown name, and for one whose package or weights are missing, or that cannot be trained.
    """
    start, colon, of = name.partition(":")
    if colon and start in trusted:
        from ganbench.metrics.extractors.own_function import own_features

        return own_features(name, trusted, shape)
    kind, at, pixels = start.partition("@")
    if kind not in EXTRACTORS:
        hint = did_you_mean(kind, EXTRACTORS)
        if colon and "did you mean" not in hint:
            hint = "; if it is a function of yours, and you trust it, name its file with --module"
        raise UserError(f"there are no features '{name}'{hint}")
    if at:
        if not pixels.isdecimal() or resolution is not None:
            raise UserError(f"features '{name}' name no resolution; write {kind}@N")
        resolution = int(pixels)
    return EXTRACTORS[kind](of, resolution)


def default_metric(kind: Kind, *, modes: bool = True, stacked: bool = False) -> str | None:
    """Return the name of the metric for data of that kind; None for points whose ``modes`` are not known.

    ``stacked`` says that the channels of the pictures are pictures of a labelled set.
    """
    if kind == "image":
        return "stacked-modes" if stacked else "fd"
    return "modes" if modes else None
