"""The small convolutional network of classifiers that are trained for metrics."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (16, 32, 64)
DIMS = WIDTHS[-1]


class ClassifierNetwork(nn.Module):
    """Three blocks of convolution, batch norm and ReLU that each halve the resolution, then two linear layers.

    Images ``[N, channels, H, W]`` in [-1, 1] are mapped to 64 features, and these to logits. The first block
    downsamples by stride, which is cheap, the others by max pooling.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for level, (in_channels, out_channels) in enumerate(pairwise((channels, *WIDTHS))):
            size, stride = (5, 2) if level == 0 else (3, 1)
            layers += [
                nn.Conv2d(in_channels, out_channels, size, stride=stride, padding=size // 2, bias=False),
                nn.BatchNorm2d(out_channels),
                nn.ReLU(inplace=True),
            ]
            if level > 0:
                layers.append(nn.MaxPool2d(2, ceil_mode=True))
        self.layers = nn.Sequential(*layers)
        self.hidden = nn.Linear(DIMS, DIMS)
        self.head = nn.Linear(DIMS, classes)

    def features(self, x: Tensor) -> Tensor:
        """Return the hidden activations before the last layer, ``[N, 64]``, at least 0."""
        return functional.relu(self.hidden(torch.amax(self.layers(x), (2, 3))))

    def forward(self, x: Tensor) -> Tensor:
        """Return logits ``[N, classes]``."""
        logits: Tensor = self.head(self.features(x))
        return logits
