"""A small network of what drawn pictures were drawn from: beliefs about every factor at once."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

WIDTHS = (24, 48, 96)
HIDDEN = 128


class FactorNetwork(nn.Module):
    """Three convolutions, each of which halves the map, then two layers: places are kept until the end.

    Pictures ``[N, C, H, W]`` in [-1, 1] become beliefs ``[N, outputs]``. ``means`` and ``scales`` are those of what is
    to be read, so that the last layer's numbers are about 1.
    """

    means: Tensor
    scales: Tensor

    def __init__(self, shape: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise((shape[0], *WIDTHS)):
            layers += [
                nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(inplace=True),
            ]
        side = [-(-length // 2 ** len(WIDTHS)) for length in shape[1:]]
        self.layers = nn.Sequential(
            *layers,
            nn.Flatten(),
            nn.Linear(WIDTHS[-1] * side[0] * side[1], HIDDEN),
            nn.ReLU(inplace=True),
            nn.Linear(HIDDEN, outputs),
        )
        self.register_buffer("means", torch.zeros(outputs))
        self.register_buffer("scales", torch.ones(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return beliefs ``[N, outputs]``: logits, and numbers in units of their deviation."""
        belief: Tensor = self.layers(x)
        return belief
