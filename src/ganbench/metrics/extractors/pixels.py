"""The pixels themselves, of pictures made small: features without any network or weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.extractors.preprocess import bicubic_record, in_batches, resize_bicubic
from ganbench.metrics.score import JSON

BATCH = 250


class PixelFeatures:
    """The ``3 * resolution ** 2`` values, in 0..1, of pictures resized to ``resolution``.

    They see colours and coarse layout and know nothing of what is shown: for tests and as a baseline.
    """

    weights_sha256 = hashlib.sha256(b"").hexdigest()  # of no weights

    def __init__(self, resolution: int = 16) -> None:
        if not 1 <= resolution <= 64:
            raise UserError(f"pixels as features are made 1 to 64 pixels wide, not {resolution}; use 16")
        self.resolution = resolution

    @property
    def name(self) -> str:
        """Pixels and the resolution, such as ``pixels@16``."""
        return f"pixels@{self.resolution}"

    @property
    def dims(self) -> int:
        """Three colours of each pixel."""
        return 3 * self.resolution**2

    @property
    def preprocessing(self) -> Mapping[str, JSON]:
        """What is done to the pictures."""
        return bicubic_record(self.resolution, "x / 255")

    def __call__(self, images: Tensor) -> Tensor:
        """Turn uint8 ``[B, 1 or 3, H, W]`` into float32 ``[B, dims]``; raises as ``in_batches``."""
        return in_batches(
            self._features, images, dims=self.dims, batch_size=BATCH, device=torch.device("cpu")
        )

    def _features(self, images: Tensor) -> Tensor:
        pictures = resize_bicubic(images, self.resolution).div_(255)
        return pictures.expand(-1, 3, -1, -1).flatten(1)
