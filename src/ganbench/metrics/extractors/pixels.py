"""The pixels of downscaled images as features, without any network or weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.extractors.preprocess import bicubic_record, forward_in_batches, resize_bicubic
from ganbench.metrics.score import JSON

BATCH_SIZE = 250


class PixelFeatures:
    """The ``3 * resolution ** 2`` values, in [0, 1], of images resized to ``resolution`` (1 to 64).

    They capture colours and coarse layout but no content: use them in tests and as a baseline.
    """

    weights_sha256: ClassVar[str] = hashlib.sha256(b"").hexdigest()  # there are no weights

    def __init__(self, resolution: int = 16) -> None:
        if not 1 <= resolution <= 64:
            raise UserError(
                f"features 'pixels' need a resolution of 1 to 64 pixels, not {resolution}; use 16"
            )
        self.resolution = resolution
        self.name = f"pixels@{resolution}"
        self.dims = 3 * resolution**2

    @property
    def preprocessing(self) -> Mapping[str, JSON]:
        """Resizing and normalisation, for the record of a score."""
        return bicubic_record(self.resolution, "x / 255")

    def __call__(self, images: Tensor) -> Tensor:
        """Map uint8 ``[B, 1 or 3, H, W]`` to float32 ``[B, dims]``; raises as ``forward_in_batches``."""
        return forward_in_batches(
            self._features, images, dims=self.dims, batch_size=BATCH_SIZE, device=torch.device("cpu")
        )

    def _features(self, images: Tensor) -> Tensor:
        resized = resize_bicubic(images, self.resolution).div_(255)
        return resized.expand(-1, 3, -1, -1).flatten(1)
