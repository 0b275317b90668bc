"""The small convolutional network that learns the classes of a labelled set."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (16, 32, 64)
DIMS = WIDTHS[-1]


class ClassifierNetwork(nn.Module):
    """Three blocks of a convolution, batch norm and a ReLU, each of which halves the map, then two layers.

    Pictures ``[N, channels, H, W]`` in [-1, 1] become 64 features, and those the logits of the classes. The first
    block halves by its stride, which makes it cheap, the others by taking maxima.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for level, (before, after) in enumerate(pairwise((channels, *WIDTHS))):
            size, stride = (5, 2) if level == 0 else (3, 1)
            layers += [
                nn.Conv2d(before, after, size, stride=stride, padding=size // 2, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(inplace=True),
            ]
            if level > 0:
                layers.append(nn.MaxPool2d(2, ceil_mode=True))
        self.layers = nn.Sequential(*layers)
        self.hidden = nn.Linear(DIMS, DIMS)
        self.head = nn.Linear(DIMS, classes)

    def features(self, x: Tensor) -> Tensor:
        """Return the numbers before the last layer, ``[N, 64]``, at least 0."""
        return functional.relu(self.hidden(torch.amax(self.layers(x), (2, 3))))

    def forward(self, x: Tensor) -> Tensor:
        """Return logits ``[N, classes]``."""
        logits: Tensor = self.head(self.features(x))
        return logits
