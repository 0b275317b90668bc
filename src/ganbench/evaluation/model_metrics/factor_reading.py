"""Read the classes among the known factors from translated images, by a network trained on real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.evaluation.model_metrics.disentanglement import Predictor, has_factors
from ganbench.metrics.disentanglement.factor_predictor import load_or_train_factor_predictor


@dataclass(frozen=True)
class FactorReader:
    """A predictor of factors, and the true classes of the images that it is to compare with.

    Attributes:
        predictor: Predicts factors from images.
        truth: Each factor that is a class, int64 ``[N]``, for all images of the set.
    """

    predictor: Predictor
    truth: Mapping[str, Tensor]

    def right(self, images: Tensor, index: Tensor) -> dict[str, Tensor]:
        """Return whether each class that is read from ``images`` is that of the images ``index``, bool ``[N]``."""
        read = self.predictor(images)
        return {name: read[name] == values[index] for name, values in self.truth.items()}


def factor_reader(train: Dataset, items: Dataset) -> FactorReader | None:
    """Return a reader of the factors of ``items``, trained on ``train``; None if a set does not know its factors.

    A set whose images are those of another, which knows their factors, names it in ``factors_of``.
    """
    train, items = (getattr(data, "factors_of", data) for data in (train, items))
    if not has_factors(train) or not has_factors(items):
        return None
    factors = items.factors(torch.arange(items.info.size))
    truth = {name: values for name, values in factors.items() if not values.is_floating_point()}
    return FactorReader(load_or_train_factor_predictor(train, items), truth)
