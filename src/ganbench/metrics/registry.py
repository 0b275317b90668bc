"""Metrics and feature extractors by name, for the command line and for recipes."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol

from ganbench.errors import OWN_HINT, UserError, did_you_mean
from ganbench.metrics.base import Metric
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.score import Kind
from ganbench.metrics.user_metric import user_metrics

#: The module below ``ganbench.metrics`` and the name of each metric; the module is imported on first use.
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
        "knn": "representation.knn:KNNAccuracy",
        "own-knn": "representation.model_knn:ModelKNN",
        "swd": "distances.sliced_wasserstein:SlicedWasserstein",
        "spectrum": "distances.spectrum:SpectrumDistance",
        "modes": "coverage.mode_coverage:Modes",
        "stacked-modes": "coverage.stacked_modes:StackedModes",
        "covered-classes": "coverage.class_coverage:ClassCoverage",
        "w1": "distances.one_dimension:wasserstein_1_metric",
        "ks": "distances.one_dimension:kolmogorov_smirnov_metric",
    }
)


#: What users may mean by the common names of scores, which say nothing about the features.
COMMON_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "fid": "FID is fd in the features of Inception (--metrics fd --features inception, which needs its weights); "
        "fd alone uses EfficientNet-Lite0, and is not comparable with published FIDs",
        "kid": "KID is kd in the features of Inception (--metrics kd --features inception, which needs its weights); "
        "kd alone uses EfficientNet-Lite0, and is not comparable with published KIDs",
        "inception-score": "the Inception Score is 'is', with --features inception, which needs its weights",
        "precision": "precision and recall are measured together, by pr",
        "recall": "precision and recall are measured together, by pr",
        "density": "density and coverage are measured together, by dc",
        "coverage": "density and coverage are measured together, by dc",
        "lpips": "the mean LPIPS distance of two samples is diversity with --features lpips, which needs its weights",
    }
)


class ExtractorFactory(Protocol):
    """Creates an extractor.

    ``argument`` is the part of its name after a colon, or empty. A ``resolution`` of None is the extractor's default.
    """

    def __call__(self, argument: str, resolution: int | None, /) -> FeatureExtractor: ...


def _efficientnet_lite0(argument: str, resolution: int | None) -> FeatureExtractor:
    from ganbench.metrics.extractors.efficientnet_lite0 import EfficientNetLite0Features

    _refuse_argument("efficientnet-lite0", argument)
    return EfficientNetLite0Features() if resolution is None else EfficientNetLite0Features(resolution)


def _classifier(argument: str, resolution: int | None) -> FeatureExtractor:
    from ganbench.metrics.extractors.classifier import dataset_classifier

    if not argument:
        raise UserError("features 'classifier' need a labelled data set: write classifier:mnist")
    if resolution is not None:
        raise UserError(
            f"features 'classifier:{argument}' use the data set's image size; leave the resolution out"
        )
    return dataset_classifier(argument)


def _dinov2(argument: str, resolution: int | None) -> FeatureExtractor:
    from ganbench.metrics.extractors.dinov2 import dinov2_features

    return dinov2_features(argument) if resolution is None else dinov2_features(argument, resolution)


def _inception(argument: str, resolution: int | None) -> FeatureExtractor:
    from pathlib import Path

    from ganbench.metrics.extractors.inception import InceptionFeatures

    if resolution is not None:
        raise UserError("features 'inception' always use 299 pixels; leave the resolution out")
    return InceptionFeatures(Path(argument) if argument else None)


def _lpips(argument: str, resolution: int | None) -> FeatureExtractor:
    from ganbench.metrics.extractors.lpips import LPIPSFeatures

    _refuse_argument("lpips", argument)
    return LPIPSFeatures() if resolution is None else LPIPSFeatures(resolution)


def _pixels(argument: str, resolution: int | None) -> FeatureExtractor:
    from ganbench.metrics.extractors.pixels import PixelFeatures

    _refuse_argument("pixels", argument, "; write pixels@16")
    return PixelFeatures() if resolution is None else PixelFeatures(resolution)


def _refuse_argument(name: str, argument: str, hint: str = "") -> None:
    if argument:
        raise UserError(f"features '{name}' take no argument after a colon, but got '{argument}'{hint}")


EXTRACTORS: Mapping[str, ExtractorFactory] = MappingProxyType(
    {
        "efficientnet-lite0": _efficientnet_lite0,
        "inception": _inception,
        "dinov2": _dinov2,
        "classifier": _classifier,
        "lpips": _lpips,
        "pixels": _pixels,
    }
)
#: The default metrics of one-dimensional data, where whole distributions can be compared and not only the modes.
ONE_DIMENSIONAL_METRICS = ("w1", "ks")


def create_metrics(
    names: Sequence[str | Metric | type[Metric]],
    features: str | FeatureExtractor = "efficientnet-lite0",
    resolution: int | None = None,
    *,
    trusted: Collection[str] = (),
    shape: tuple[int, ...] | None = None,
    allow_rank_deficient: bool = False,
) -> list[Metric]:
    """Create metrics, with one extractor for all that need it.

    Args:
        names: Names in ``METRICS`` or of the user's own metrics, or such metrics themselves.
        features: The feature extractor or its name, for metrics that need one.
        resolution: See :func:`create_extractor`.
        trusted: See :func:`create_extractor`.
        shape: See :func:`create_extractor`.
        allow_rank_deficient: Passed to the metrics that otherwise refuse fewer samples than feature dimensions.

    Raises:
        UserError: As in :func:`create_metric`.
    """
    custom = user_metrics(trusted, METRICS)
    for name in names:
        if isinstance(name, str) and name not in METRICS and name not in custom:
            available = [*METRICS, *custom]
            hint = did_you_mean(name, available) or f"; known: {', '.join(available)}"
            common = COMMON_NAMES.get(name.lower().replace("_", "-"))
            hint = hint if common is None else f": {common}"
            own = OWN_HINT if hint.startswith("; known") else ""
            raise UserError(f"there is no metric '{name}'{hint}{own}")

    @cache
    def get_extractor() -> FeatureExtractor:
        if not isinstance(features, str):
            return features
        return create_extractor(features, resolution, trusted=trusted, shape=shape)

    metrics = [
        _create(_find(name, custom) if isinstance(name, str) else name, get_extractor) for name in names
    ]
    return [_allow_rank_deficient(metric) for metric in metrics] if allow_rank_deficient else metrics


def _find(name: str, custom: Mapping[str, Any]) -> Any:
    """Return the metric class or factory of a name, importing it if it is built in."""
    if name in custom:
        return custom[name]
    module, _, target = METRICS[name].partition(":")
    return getattr(importlib.import_module(f"ganbench.metrics.{module}"), target)


def _create(target: Any, get_extractor: Callable[[], FeatureExtractor]) -> Metric:
    """Call a metric class or factory, with an extractor only if it takes one; return an instance as it is."""
    if isinstance(target, Metric) and not inspect.isclass(target):
        return target
    takes_features = "features" in inspect.signature(target).parameters
    metric: Metric = target(get_extractor()) if takes_features else target()
    return metric


def _allow_rank_deficient(metric: Metric) -> Metric:
    """Set ``allow_rank_deficient``, if the metric has it."""
    if not hasattr(metric, "allow_rank_deficient"):
        return metric
    changed: Metric = dataclasses.replace(metric, allow_rank_deficient=True)  # type: ignore[type-var]
    return changed


def create_metric(
    name: str, features: str | FeatureExtractor = "efficientnet-lite0", resolution: int | None = None
) -> Metric:
    """Create a metric by name.

    Args:
        name: A name in ``METRICS``.
        features: The feature extractor or its name, for metrics that need one.
        resolution: See :func:`create_extractor`.

    Raises:
        UserError: The metric or the features are unknown, or the features' package is not installed.
    """
    return create_metrics([name], features, resolution)[0]


def create_extractor(
    name: str,
    resolution: int | None = None,
    *,
    trusted: Collection[str] = (),
    shape: tuple[int, ...] | None = None,
) -> FeatureExtractor:
    """Create a feature extractor by name.

    Args:
        name: A name in ``EXTRACTORS``, optionally with a resolution, ``efficientnet-lite0@224``, or with an
            argument, ``classifier:mnist``, ``inception:PATH``, ``dinov2:vitb14``; or ``module:function`` for
            the user's own function.
        resolution: The image size at the network's input; None for the extractor's default.
        trusted: Modules whose functions may be called.
        shape: The shape of the images that a user's function will receive.

    Raises:
        UserError: The name is unknown, a package or the weights are missing, or it cannot be trained.
    """
    start, colon, argument = name.partition(":")
    if colon and start in trusted:
        from ganbench.metrics.extractors.user_function import function_features

        return function_features(name, trusted, shape)
    kind, separator, pixels = start.partition("@")
    if kind not in EXTRACTORS:
        hint = did_you_mean(kind, EXTRACTORS)
        if colon and "did you mean" not in hint:
            hint = "; if it is a function of yours, and you trust it, name its file with --module"
        raise UserError(f"there are no features '{name}'{hint}")
    if separator:
        if not pixels.isdecimal() or resolution is not None:
            raise UserError(f"features '{name}' have no valid resolution; write {kind}@N")
        resolution = int(pixels)
    return EXTRACTORS[kind](argument, resolution)


def default_metric(kind: Kind, *, modes: bool = True, stacked: bool = False) -> str | None:
    """Return the name of the default metric for a kind of data, or None if there is none.

    Args:
        kind: The kind of data.
        modes: Whether the modes of point data are known; without them there is no default.
        stacked: Whether each channel of an image is an image from a labelled set, as in stacked MNIST.
    """
    if kind == "image":
        return "stacked-modes" if stacked else "fd"
    return "modes" if modes else None
