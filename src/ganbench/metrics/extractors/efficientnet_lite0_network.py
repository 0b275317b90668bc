"""EfficientNet-Lite0 for inference: batch norms folded into the convolutions double its speed.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (2019),
arXiv:1905.11946.
The Lite variant has ReLU6 for swish and no squeeze-and-excitation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights

# Of each stage: how many blocks, and the stride of the first. Kernels and widths are in the state dict.
STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))
DIMS = 1280
BATCH_NORM_EPSILON = 1e-3


class Convolution(nn.Module):
    """A convolution with a folded batch norm, padded as TensorFlow's "same", and perhaps a ReLU6."""

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
            x = functional.pad(x, (*self._same(x.shape[3], size), *self._same(x.shape[2], size)))
        x = functional.conv2d(x, self.weight, self.bias, self.stride, padding, groups=self.groups)
        return functional.relu6(x, inplace=True) if self.relu6 else x

    def _same(self, length: int, size: int) -> tuple[int, int]:
        """Return the padding before and after; where it is odd, TensorFlow puts the larger half after."""
        total = max((math.ceil(length / self.stride) - 1) * self.stride + size - length, 0)
        return total // 2, total - total // 2


class Block(nn.Module):
    """Expand by a 1x1 convolution (not the first block), filter each channel, project; add the input."""

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
        """Map normalised pictures ``[B, 3, H, W]`` to features ``[B, 1280]``."""
        y: Tensor = self.layers(x)
        return y.mean((2, 3))
