"""Features that tell the classes of a reference, as the metrics of classes need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import Classifying, FeatureExtractor

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


def require_classes(metric: str, features: FeatureExtractor, reference: Dataset) -> Classifying:
    """Return the features if their network tells the reference's classes, in its order.

    Raises UserError for a network that tells none or others, and a reference without classes. Names of classes are
    compared where the features know them (an attribute ``classes``), else their number.
    """
    info = reference.info
    if not info.classes:
        raise UserError(f"metric '{metric}' needs a reference with classes, and '{info.name}' has none")
    if not isinstance(features, Classifying):
        raise UserError(
            f"metric '{metric}' needs a classifier of '{info.name}', and features '{features.name}' are none; "
            f"write --features classifier:{info.name}"
        )
    number = features.logits(reference.items(torch.zeros(1, dtype=torch.int64))).shape[1]
    names: tuple[str, ...] | None = getattr(features, "classes", None)
    if number != len(info.classes) or names not in (None, info.classes):
        raise UserError(
            f"metric '{metric}': the classes of '{features.name}' are not those of '{info.name}'; "
            f"write --features classifier:{info.name}"
        )
    return features
