"""A small frozen encoder and a batch of images for tests of GANs on representations."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.data.base import Batch

SHAPE = (1, 2, 3)


class Encoder(nn.Module):
    """A linear map with batch norm, so that its output shows its mode."""

    size, weights = 5, "given"

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.BatchNorm1d(5))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x)
        return out


def image_batch() -> Batch:
    """Return four images of ``SHAPE``, always the same."""
    return Batch(torch.rand(4, *SHAPE, generator=torch.Generator().manual_seed(1)) * 2 - 1)
