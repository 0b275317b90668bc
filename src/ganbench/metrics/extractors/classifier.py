"""Features and classes of pictures as a small classifier sees them, which was trained here on a labelled set."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.classes.classifier import Classifier
from ganbench.metrics.extractors.classifier_network import DIMS
from ganbench.metrics.extractors.preprocess import require_batch_size
from ganbench.metrics.score import JSON


class ClassifierFeatures:
    """The 64 numbers before the last layer (after their ReLU), and the logits, of pictures of the set's own size.

    ``batch_size`` is how many pictures go through at once; it changes the features only by rounding.
    """

    dims = DIMS

    def __init__(self, classifier: Classifier, *, batch_size: int = 250) -> None:
        require_batch_size(batch_size)
        self.classifier = classifier
        self.batch_size = batch_size

    @property
    def name(self) -> str:
        """The set that it was trained on, such as ``classifier:mnist``."""
        return f"classifier:{self.classifier.train.name}"

    @property
    def weights_sha256(self) -> str:
        """That of the weights' file."""
        return self.classifier.weights_sha256

    @property
    def preprocessing(self) -> Mapping[str, JSON]:
        """What is done to the pictures before the network sees them."""
        return {"input": "uint8", "normalise": "x / 127.5 - 1", "resize": None, "dtype": "float32"}

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the logits."""
        return self.classifier.train.classes

    @property
    def trained(self) -> Mapping[str, JSON]:
        """What it was trained on, and its accuracy on that set's test split."""
        return self.classifier.record

    def __call__(self, images: Tensor) -> Tensor:
        """Turn uint8 ``[B, *shape]`` into float32 ``[B, 64]``.

        Raises TypeError for other dtypes, UserError for pictures of another shape than the set's.
        """
        parts = [self.classifier.network.features(x) for x in self._prepared(images)]
        return torch.cat(parts) if parts else torch.zeros(0, DIMS)

    def logits(self, images: Tensor) -> Tensor:
        """Turn uint8 ``[B, *shape]`` into logits ``[B, classes]``; raises as above."""
        parts = [self.classifier.network(x) for x in self._prepared(images)]
        return torch.cat(parts) if parts else torch.zeros(0, len(self.classifier.train.classes))

    def logits_from_features(self, features: Tensor) -> Tensor:
        """Turn features ``[B, 64]`` into the logits ``[B, classes]`` that the pictures themselves would have."""
        logits: Tensor = self.classifier.network.head(features)  # whose weights are frozen
        return logits

    def _prepared(self, images: Tensor) -> list[Tensor]:
        info = self.classifier.train
        if images.dtype != torch.uint8:
            raise TypeError(f"pictures must be uint8, not {images.dtype}")
        if tuple(images.shape[1:]) != info.shape:
            raise UserError(
                f"features '{self.name}' see pictures of {_size(info.shape)}, not of {_size(images.shape[1:])}; "
                "use the classifier of a set of that size"
            )
        return [
            info.from_data(part).contiguous(memory_format=torch.channels_last)
            for part in torch.split(images, self.batch_size)
            if len(part) > 0
        ]


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
