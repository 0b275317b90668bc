"""A map of how much the samples of a small group differ, which shows D that they are alike.

Progressive Growing of GANs for Improved Quality, Stability, and Variation (2017), arXiv:1710.10196, section 3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class BatchDeviation(nn.Module):
    """Appends a channel to ``[N, C, H, W]``: the mean standard deviation within each group of ``group`` neighbours.

    Neighbours form a group, so the groups of a batch are those of its shards if these hold whole groups. A batch that
    is no multiple of ``group`` is one group. With ``group`` 1, the channel is 0.
    """

    def __init__(self, group: int) -> None:
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[N, C + 1, H, W]``."""
        size = self.group if len(x) % self.group == 0 else len(x)
        groups = x.reshape(-1, size, *x.shape[1:])
        deviation = (groups.var(1, unbiased=False) + 1e-8).sqrt().flatten(1).mean(1)  # [N / size]
        plane = deviation.repeat_interleave(size).reshape(-1, 1, 1, 1).expand(-1, 1, *x.shape[2:])
        return torch.cat([x, plane], 1)
