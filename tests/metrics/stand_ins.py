"""Small stand-ins: data sets held in memory, and an extractor that needs no weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from ganbench.data.base import Batch, DataInfo
from ganbench.data.images import ImageSet
from ganbench.metrics.classes.classifier import Classifier
from ganbench.metrics.extractors.classifier import ClassifierFeatures
from ganbench.metrics.score import JSON
from ganbench.utils.random_stream import RandomStream


class Held:
    """A data set of the given items, uint8 ``[N, C, H, W]`` or float ``[N, D]``; counts the reads."""

    def __init__(self, items: Tensor, fingerprint: str = "f1", name: str = "held") -> None:
        kind: Literal["image", "points"] = "image" if items.dtype == torch.uint8 else "points"
        self.data = items
        self.reads = 0
        self.info = DataInfo(
            name=name, kind=kind, shape=tuple(items.shape[1:]), size=len(items), fingerprint=fingerprint
        )

    def batch(self, index: Tensor, draws: RandomStream) -> Batch:
        return Batch(self.info.from_data(self.data[index]))

    def items(self, index: Tensor) -> Tensor:
        self.reads += len(index)
        return self.data[index]

    def labels(self, index: Tensor) -> Tensor | None:
        return None


class Mixture(Held):
    """A data set of points that knows its modes."""

    def __init__(self, centres: Tensor, std: float) -> None:
        super().__init__(centres.repeat(3, 1), name="mixture")
        self.modes = centres
        self.std = std


class Projection:
    """A few fixed random projections of the pixels, in place of a network."""

    def __init__(self, shape: tuple[int, ...] = (3, 8, 8), dims: int = 6, seed: int = 0) -> None:
        size = int(np.prod(shape))
        self.matrix = torch.randn(size, dims, generator=torch.Generator().manual_seed(seed)) / size**0.5
        self.dims = dims
        self.name = f"projection@{shape[-1]}"
        self.weights_sha256 = hashlib.sha256(self.matrix.numpy().tobytes()).hexdigest()
        self.preprocessing: Mapping[str, JSON] = {"none": True}
        self.seen = 0

    def __call__(self, images: Tensor) -> Tensor:
        self.seen += len(images)
        return images.flatten(1).float() @ self.matrix


class ReadsBrightness(nn.Module):
    """In place of a classifier's network: class k is what is as bright as 25 k; surer the closer it is."""

    def forward(self, x: Tensor) -> Tensor:
        return self.head(x.flatten(1))

    def features(self, x: Tensor) -> Tensor:
        return x.flatten(1)[:, :64]

    def head(self, features: Tensor) -> Tensor:
        brightness = (features.mean(1) + 1) * 127.5
        return -(brightness[:, None] - 25 * torch.arange(10)).abs()


def digits(count: int = 100) -> ImageSet:
    """Grey pictures, 8x8, as bright as their class says; the ten classes have equal shares."""
    labels = torch.arange(count) % 10
    pixels = (25 * labels).to(torch.uint8)[:, None, None, None].expand(-1, 1, 8, 8).contiguous()
    return ImageSet("digits", pixels, labels, tuple("0123456789"))


def patterns(count: int = 100, seed: int = 0) -> ImageSet:
    """Grey pictures, 8x8, each of its class's own pattern and a little noise; the ten classes have equal shares."""
    generator = torch.Generator().manual_seed(seed)
    plain = 255 * (torch.rand(10, 1, 8, 8, generator=torch.Generator().manual_seed(99)) > 0.5)
    labels = torch.arange(count) % 10
    noise = 30 * torch.randn(count, 1, 8, 8, generator=generator)
    pixels = (plain[labels] + noise).round().clamp(0, 255).to(torch.uint8)
    return ImageSet("patterns", pixels, labels, tuple("0123456789"))


def reads_digits(accuracy: float = 0.99) -> ClassifierFeatures:
    """The features and classes of :func:`digits`."""
    info = digits().info
    network: Any = ReadsBrightness()
    return ClassifierFeatures(
        Classifier(network=network, train=info, test=info, accuracy=accuracy, weights_sha256="0" * 64)
    )
