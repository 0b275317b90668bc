"""Weight clipping, which bounds the slope of the critic.

Wasserstein GAN (2017), arXiv:1701.07875.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from ganbench.errors import UserError

_NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm)


@dataclass(frozen=True)
class WeightClip:
    """Clips all weights and biases to [-limit, limit] after each update, except those of normalisation layers.

    A gain of at most 0.01 would suppress its layer's output.

    Raises ``UserError`` if ``limit`` is not above 0 or not finite.
    """

    limit: float = 0.01

    def __post_init__(self) -> None:
        if not (math.isfinite(self.limit) and self.limit > 0):
            raise UserError(f"WeightClip: limit must be a finite number above 0, but is {self.limit}")

    @torch.no_grad()
    def __call__(self, network: nn.Module) -> None:
        """Clip the weights of the network, in place."""
        for module in network.modules():
            if not isinstance(module, _NORMS):
                for weight in module.parameters(recurse=False):
                    weight.clamp_(-self.limit, self.limit)
