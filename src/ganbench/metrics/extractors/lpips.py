"""LPIPS features: their squared Euclidean distance is the learned perceptual distance of two images.

Zhang, Isola, Efros, Shechtman and Wang, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric"
(2018), arXiv:1801.03924; version 0.1, on the VGG16 network of Simonyan and Zisserman (2014), arXiv:1409.1556.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.metrics.extractors.preprocess import (
    bicubic_record,
    forward_in_batches,
    require_batch_size,
    resize_bicubic,
)
from ganbench.metrics.extractors.weights import PublishedWeights, load_weights, require_keys
from ganbench.metrics.score import JSON

VGG16 = PublishedWeights(
    features="lpips",
    file="vgg16-397923af.pth",
    url="https://download.pytorch.org/models/vgg16-397923af.pth",
    sha256="397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
)
LINEAR = PublishedWeights(
    features="lpips",
    file="weights-vgg16-lpips.pth",
    url="https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-vgg16-lpips.pth",
    sha256="a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
)
CHANNELS = (64, 128, 256, 512, 512)
CONVOLUTIONS = (2, 2, 3, 3, 3)  # per level; every level but the first starts with 2x2 max pooling
SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # of LPIPS, for images in [-1, 1]


class LPIPSFeatures:
    """The five levels of VGG16 that LPIPS compares: unit length over channels at each pixel, then weighted.

    ``dims`` is large (499,712 at 64 pixels), so use these features for distances of pairs.

    Args:
        resolution: Images are resized to this side, at least 32.
        weights: The two files that are expected, of VGG16 and of LPIPS; they are searched for or downloaded.
        batch_size: Images per forward pass.
        device: Where the network runs.

    Raises:
        UserError: The resolution is too small, or the weights are missing or not the published ones.
    """

    def __init__(
        self,
        resolution: int = 64,
        *,
        weights: tuple[PublishedWeights, PublishedWeights] = (VGG16, LINEAR),
        batch_size: int = 16,
        device: torch.device | str = "cpu",
    ) -> None:
        if resolution < 32:
            raise UserError(f"lpips needs a resolution of at least 32 pixels, not {resolution}; use 64")
        require_batch_size(batch_size)
        self.resolution, self.batch_size, self.device = resolution, batch_size, torch.device(device)
        self.weights = weights
        self._levels = _load_levels(weights[0]).to(self.device)
        self._channel_weights = [w.to(self.device) for w in _load_channel_weights(weights[1])]

    @property
    def name(self) -> str:
        """The network and the resolution, such as ``lpips-vgg16@64``."""
        return f"lpips-vgg16@{self.resolution}"

    @property
    def dims(self) -> int:
        """The number of channels times pixels, summed over the five levels."""
        return sum(channels * (self.resolution >> level) ** 2 for level, channels in enumerate(CHANNELS))

    @property
    def weights_sha256(self) -> str:
        """The SHA-256 of the concatenated SHA-256 digits of the two files."""
        return hashlib.sha256("".join(file.sha256 for file in self.weights).encode()).hexdigest()

    @property
    def preprocessing(self) -> Mapping[str, JSON]:
        """Resizing and normalisation, for the record of a score."""
        return bicubic_record(self.resolution, "(x / 127.5 - 1 - shift) / scale of LPIPS")

    def __call__(self, images: Tensor) -> Tensor:
        """Map uint8 ``[B, 1 or 3, H, W]`` to float32 ``[B, dims]`` on the CPU; raises as ``forward_in_batches``."""
        return forward_in_batches(
            self._features, images, dims=self.dims, batch_size=self.batch_size, device=self.device
        )

    def _features(self, images: Tensor) -> Tensor:
        shift, scale = (torch.tensor(x, device=self.device).view(3, 1, 1) for x in (SHIFT, SCALE))
        x = (resize_bicubic(images, self.resolution).div_(127.5).sub_(1) - shift) / scale
        features = []
        for level, channel_weights in zip(self._levels, self._channel_weights, strict=True):
            x = level(x)
            unit = x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10)
            pixels = x.shape[2] * x.shape[3]
            # eq. 1: the squared distance sums channel_weights / pixels times squared differences
            features.append((unit * (channel_weights / pixels).sqrt()).flatten(1))
        return torch.cat(features, 1)


def _load_levels(weights: PublishedWeights) -> nn.ModuleList:
    """Return VGG16's convolutions as five levels, without the classifier."""
    state = {key: value for key, value in load_weights(weights).items() if key.startswith("features.")}
    layers, in_channels = list[nn.Module](), 3
    levels = list[nn.Sequential]()
    with torch.device("meta"):  # no memory or random numbers for weights that are replaced below
        for level, (channels, count) in enumerate(zip(CHANNELS, CONVOLUTIONS, strict=True)):
            level_layers: list[nn.Module] = [] if level == 0 else [nn.MaxPool2d(2)]
            for _ in range(count):
                level_layers += [nn.Conv2d(in_channels, channels, 3, padding=1), nn.ReLU()]
                in_channels = channels
            layers += level_layers
            levels.append(nn.Sequential(*level_layers))
    vgg = nn.ModuleDict({"features": nn.Sequential(*layers)})
    require_keys(weights.features, state, vgg.state_dict(), weights.url)
    vgg.load_state_dict(state, assign=True)
    return nn.ModuleList(levels).eval().requires_grad_(False)


def _load_channel_weights(weights: PublishedWeights) -> list[Tensor]:
    """Return the weight of each channel of each level, ``[1, C, 1, 1]``, at least 0."""
    state = load_weights(weights)
    expected = {
        f"lin{level}.model.1.weight": torch.empty(1, channels, 1, 1, device="meta")
        for level, channels in enumerate(CHANNELS)
    }
    require_keys(weights.features, state, expected, weights.url)
    channel_weights = [state[key] for key in sorted(expected)]
    if any(bool((level < 0).any()) for level in channel_weights):
        raise UserError(f"the weights of '{weights.features}' must not be negative; use {weights.url}")
    return channel_weights
