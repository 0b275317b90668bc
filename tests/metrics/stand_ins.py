"""Test doubles: data sets in memory, an extractor without weights, and a classifier of brightness."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from ganbench.data.base import Batch, DataInfo
from ganbench.data.images import ImageDataset
from ganbench.metrics.classes.classifier import Classifier
from ganbench.metrics.extractors.classifier import ClassifierFeatures
from ganbench.metrics.score import JSON
from ganbench.utils.random_stream import RandomStream


class MemoryDataset:
    """A data set of tensors, uint8 ``[N, C, H, W]`` or float ``[N, D]``, that counts how many items are read."""

    def __init__(self, items: Tensor, fingerprint: str = "f1", name: str = "held") -> None:
        kind: Literal["image", "points"] = "image" if items.dtype == torch.uint8 else "points"
        self.data = items
        self.reads = 0
        self.info = DataInfo(
            name=name, kind=kind, shape=tuple(items.shape[1:]), size=len(items), fingerprint=fingerprint
        )

    def batch(self, index: Tensor, random: RandomStream) -> Batch:
        return Batch(self.info.from_data(self.data[index]))

    def items(self, index: Tensor) -> Tensor:
        self.reads += len(index)
        return self.data[index]

    def labels(self, index: Tensor) -> Tensor | None:
        return None


class Mixture(MemoryDataset):
    """A data set of points that knows its modes."""

    def __init__(self, centres: Tensor, std: float) -> None:
        super().__init__(centres.repeat(3, 1), name="mixture")
        self.modes = centres
        self.std = std


class Projection:
    """A feature extractor: fixed random projections of the pixels. It counts the images."""

    def __init__(self, shape: tuple[int, ...] = (3, 8, 8), dims: int = 6, seed: int = 0) -> None:
        size = int(np.prod(shape))
        self.matrix = torch.randn(size, dims, generator=torch.Generator().manual_seed(seed)) / size**0.5
        self.dims = dims
        self.name = f"projection@{shape[-1]}"
        self.weights_sha256 = hashlib.sha256(self.matrix.numpy().tobytes()).hexdigest()
        self.preprocessing: Mapping[str, JSON] = {"none": True}
        self.images_seen = 0

    def __call__(self, images: Tensor) -> Tensor:
        self.images_seen += len(images)
        return images.flatten(1).float() @ self.matrix


class BrightnessClassifier(nn.Module):
    """A classifier network by brightness: class k has grey level 25 k, and closer levels have higher logits."""

    def forward(self, x: Tensor) -> Tensor:
        return self.head(x.flatten(1))

    def features(self, x: Tensor) -> Tensor:
        return x.flatten(1)[:, :64]

    def head(self, features: Tensor) -> Tensor:
        brightness = (features.mean(1) + 1) * 127.5
        return -(brightness[:, None] - 25 * torch.arange(10)).abs()


def digits(count: int = 100) -> ImageDataset:
    """Grey images, 8x8, of grey level 25 k for class k; the ten classes are balanced."""
    labels = torch.arange(count) % 10
    pixels = (25 * labels).to(torch.uint8)[:, None, None, None].expand(-1, 1, 8, 8).contiguous()
    return ImageDataset("digits", pixels, labels, tuple("0123456789"))


def patterns(count: int = 100, seed: int = 0) -> ImageDataset:
    """Grey images, 8x8, each with its class's pattern and a little noise; the ten classes are balanced."""
    generator = torch.Generator().manual_seed(seed)
    plain = 255 * (torch.rand(10, 1, 8, 8, generator=torch.Generator().manual_seed(99)) > 0.5)
    labels = torch.arange(count) % 10
    noise = 30 * torch.randn(count, 1, 8, 8, generator=generator)
    pixels = (plain[labels] + noise).round().clamp(0, 255).to(torch.uint8)
    return ImageDataset("patterns", pixels, labels, tuple("0123456789"))


def digit_classifier(accuracy: float = 0.99) -> ClassifierFeatures:
    """Return a classifier of :func:`digits` as a feature extractor."""
    info = digits().info
    network: Any = BrightnessClassifier()
    return ClassifierFeatures(
        Classifier(network=network, train=info, test=info, accuracy=accuracy, weights_sha256="0" * 64)
    )
