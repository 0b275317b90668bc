"""LPIPS as features: their squared Euclidean distance is the learned perceptual distance of two pictures.

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
    in_batches,
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
CONVOLUTIONS = (2, 2, 3, 3, 3)  # of each level; after the first, a level begins with a maximum over 2x2
SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # LPIPS's own, of pictures in -1..1


class LPIPSFeatures:
    """The five levels of VGG16 that LPIPS compares, each pixel's channels made of length 1 and weighed.

    Pictures are resized to ``resolution``. ``dims`` is large (499,712 at 64 pixels), so use it for distances of pairs.
    The two files of weights are found or downloaded as those of other features; ``weights`` says which are right.
    Raises UserError if they are missing or not the published ones.
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
            raise UserError(f"lpips needs pictures of at least 32 pixels, not {resolution}; use 64")
        require_batch_size(batch_size)
        self.resolution, self.batch_size, self.device = resolution, batch_size, torch.device(device)
        self.weights = weights
        self._network = _network(weights[0]).to(self.device)
        self._importance = [w.to(self.device) for w in _importance(weights[1])]

    @property
    def name(self) -> str:
        """The network and the resolution, such as ``lpips-vgg16@64``."""
        return f"lpips-vgg16@{self.resolution}"

    @property
    def dims(self) -> int:
        """All channels at all pixels of the five levels."""
        return sum(channels * (self.resolution >> level) ** 2 for level, channels in enumerate(CHANNELS))

    @property
    def weights_sha256(self) -> str:
        """The SHA-256 of the two files' own, one after the other."""
        return hashlib.sha256("".join(part.sha256 for part in self.weights).encode()).hexdigest()

    @property
    def preprocessing(self) -> Mapping[str, JSON]:
        """What is done to the pictures before the network sees them."""
        return bicubic_record(self.resolution, "(x / 127.5 - 1 - shift) / scale of LPIPS")

    def __call__(self, images: Tensor) -> Tensor:
        """Turn uint8 ``[B, 1 or 3, H, W]`` into float32 ``[B, dims]`` on the CPU; raises as ``in_batches``."""
        return in_batches(
            self._features, images, dims=self.dims, batch_size=self.batch_size, device=self.device
        )

    def _features(self, images: Tensor) -> Tensor:
        shift, scale = (torch.tensor(x, device=self.device).view(3, 1, 1) for x in (SHIFT, SCALE))
        x = (resize_bicubic(images, self.resolution).div_(127.5).sub_(1) - shift) / scale
        parts = []
        for level, importance in zip(self._network, self._importance, strict=True):
            x = level(x)
            unit = x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10)
            pixels = x.shape[2] * x.shape[3]
            parts.append((unit * (importance / pixels).sqrt()).flatten(1))
        return torch.cat(parts, 1)


def _network(weights: PublishedWeights) -> nn.ModuleList:
    """Return VGG16's convolutions as five levels. The classifier behind them is not needed."""
    state = {key: value for key, value in load_weights(weights).items() if key.startswith("features.")}
    layers, before = list[nn.Module](), 3
    levels = list[nn.Sequential]()
    with torch.device("meta"):  # neither memory nor random numbers for weights that are replaced at once
        for level, (channels, count) in enumerate(zip(CHANNELS, CONVOLUTIONS, strict=True)):
            own: list[nn.Module] = [] if level == 0 else [nn.MaxPool2d(2)]
            for _ in range(count):
                own += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU()]
                before = channels
            layers += own
            levels.append(nn.Sequential(*own))
    whole = nn.Sequential(*layers)
    named = nn.ModuleDict({"features": whole})
    require_keys(weights.features, state, named.state_dict(), weights.url)
    named.load_state_dict(state, assign=True)
    return nn.ModuleList(levels).eval().requires_grad_(False)


def _importance(weights: PublishedWeights) -> list[Tensor]:
    """Return how much each channel of each level counts, ``[1, C, 1, 1]``, at least 0."""
    state = load_weights(weights)
    expected = {
        f"lin{level}.model.1.weight": torch.empty(1, channels, 1, 1, device="meta")
        for level, channels in enumerate(CHANNELS)
    }
    require_keys(weights.features, state, expected, weights.url)
    found = [state[key] for key in sorted(expected)]
    if any(bool((part < 0).any()) for part in found):
        raise UserError(f"the weights of '{weights.features}' must not be negative; use {weights.url}")
    return found
