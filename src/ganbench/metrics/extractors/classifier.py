"""Features and logits of a small classifier trained on a labelled data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.classes.classifier import Classifier, load_or_train_classifier
from ganbench.metrics.extractors.classifier_network import DIMS
from ganbench.metrics.extractors.preprocess import require_batch_size
from ganbench.metrics.score import JSON


class ClassifierFeatures:
    """The 64 hidden activations (after ReLU) and the logits of a classifier; images must have its training size.

    ``batch_size`` affects the features by rounding only.
    """

    dims: ClassVar[int] = DIMS
    preprocessing: ClassVar[Mapping[str, JSON]] = {
        "input": "uint8",
        "normalise": "x / 127.5 - 1",
        "resize": None,
        "dtype": "float32",
    }

    def __init__(self, classifier: Classifier, *, batch_size: int = 250) -> None:
        require_batch_size(batch_size)
        self.classifier = classifier
        self.batch_size = batch_size
        self.name = f"classifier:{classifier.train.name}"
        self.weights_sha256 = classifier.weights_sha256

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names, in the order of the logits."""
        return self.classifier.train.classes

    @property
    def trained(self) -> Mapping[str, JSON]:
        """The training set and the test accuracy, for the record of a score."""
        return self.classifier.record

    def __call__(self, images: Tensor) -> Tensor:
        """Map uint8 images ``[B, *shape]`` to float32 features ``[B, 64]``.

        Raises:
            TypeError: The images are not uint8.
            UserError: The images differ in shape from the training set.
        """
        features = [self.classifier.network.features(batch) for batch in self._batches(images)]
        return torch.cat(features) if features else torch.zeros(0, DIMS)

    def logits(self, images: Tensor) -> Tensor:
        """Map uint8 images ``[B, *shape]`` to logits ``[B, classes]``; raises as :meth:`__call__`."""
        logits = [self.classifier.network(batch) for batch in self._batches(images)]
        return torch.cat(logits) if logits else torch.zeros(0, len(self.classes))

    def logits_from_features(self, features: Tensor) -> Tensor:
        """Map features ``[B, 64]`` to the logits ``[B, classes]`` of the same images."""
        logits: Tensor = self.classifier.network.head(features)
        return logits

    def _batches(self, images: Tensor) -> list[Tensor]:
        """Return the images as network inputs, batch by batch."""
        info = self.classifier.train
        if images.dtype != torch.uint8:
            raise TypeError(f"images must be uint8, not {images.dtype}")
        if tuple(images.shape[1:]) != info.shape:
            raise UserError(
                f"features '{self.name}' need images of {_format_size(info.shape)}, "
                f"not {_format_size(images.shape[1:])}; use the classifier of a data set of that size"
            )
        return [
            info.from_data(batch).contiguous(memory_format=torch.channels_last)
            for batch in torch.split(images, self.batch_size)
            if len(batch) > 0
        ]


def dataset_classifier(name: str) -> ClassifierFeatures:
    """Return the classifier of a data set by name, loaded or trained; raises as :func:`load_or_train_classifier`."""
    return ClassifierFeatures(load_or_train_classifier(name))


def _format_size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
