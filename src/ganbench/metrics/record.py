"""Parts of the record of how a score was measured that all metrics share."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from ganbench.metrics.score import JSON

if TYPE_CHECKING:
    from ganbench.data.base import Dataset
    from ganbench.metrics.extractors.base import FeatureExtractor


def reference_record(reference: Dataset, items: int) -> dict[str, JSON]:
    """Return the record of the reference data set, of which ``items`` items were used."""
    return {
        "name": reference.info.name,
        "fingerprint": reference.info.fingerprint,
        "items": items,
        "of": reference.info.size,
        "split": reference.info.split,
    }


def features_record(extractor: FeatureExtractor) -> dict[str, JSON]:
    """Return the record of the feature extractor: its network, weights and preprocessing.

    An extractor that ganbench trained itself has an attribute ``trained``, which records its data and accuracy.
    """
    trained: Mapping[str, JSON] | None = getattr(extractor, "trained", None)
    return {
        "name": extractor.name,
        "dims": extractor.dims,
        "weights_sha256": extractor.weights_sha256,
        "preprocessing": dict(extractor.preprocessing),
        **({} if trained is None else {"trained": dict(trained)}),
    }


def versions(*packages: str) -> dict[str, JSON]:
    """Return the installed version of each package, None for those that are not installed."""
    installed: dict[str, JSON] = {}
    for package in packages:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            installed[package] = None
    return installed
