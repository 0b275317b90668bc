"""A decoder of representations and a context, and the encoder that returns the context; after zeligism/ConGAN.

Both are DCGAN networks: Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks
(2015), arXiv:1511.06434.
"""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.layers.initialisation import init_normal
from ganbench.layers.normalisation import Norm2d, norm_2d
from ganbench.networks.shape_plan import plan_levels, require_sizes
from ganbench.networks.simple_cnn import SimpleCNNGenerator


class ContextEncoder(nn.Module):
    """Images ``[N, C, H, W]`` -> contexts ``[N, size]`` in [0, 1], for what a representation leaves open.

    4x4 convolutions of stride 2 halve the map until its shorter side is 4 to 7, with ``width`` channels that double at
    each level, a norm and a leaky ReLU of slope 0.2; then a convolution of the size of the map, and a sigmoid. Weights
    start from N(0, 0.02²), biases at 0, gains of batch norm from N(1, 0.02²).

    Raises ``UserError`` if a size is below 1, a side cannot be halved often enough, or the norm is unknown.
    """

    def __init__(
        self, *, shape: tuple[int, int, int], size: int = 256, width: int = 64, norm: Norm2d = "batch"
    ) -> None:
        super().__init__()
        map_size, levels = plan_levels("ContextEncoder", shape, size=size, width=width)
        channels = [shape[0], *(width * 2**level for level in range(levels))]
        layers: list[nn.Module] = []
        for in_channels, out_channels in pairwise(channels):
            layers += [
                nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1),
                norm_2d(norm, out_channels),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        self.layers = nn.Sequential(
            *layers, nn.Conv2d(channels[-1], size, map_size), nn.Flatten(), nn.Sigmoid()
        )
        init_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return contexts ``[N, size]``."""
        return cast(Tensor, self.layers(x))


class BranchedDecoder(nn.Module):
    """Representations and contexts ``[N, latent]`` -> images ``[N, C, H, W]`` in [-1, 1] (tanh).

    The last ``context`` numbers of a latent are the context, the others the representation. Each of the two passes
    through a linear layer to ``branch`` numbers and a sigmoid; a ``SimpleCNNGenerator`` of this ``width`` maps both to
    an image.

    Raises ``UserError`` if a size is below 1, ``latent`` has no room for both, a side cannot be reached by doublings,
    or the norm is unknown.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, int, int],
        context: int = 256,
        branch: int = 256,
        width: int = 64,
        norm: Norm2d = "batch",
    ) -> None:
        super().__init__()
        require_sizes("BranchedDecoder", latent=latent, context=context, branch=branch)
        if latent <= context:
            raise UserError(
                f"BranchedDecoder: a latent of {latent} numbers, {context} of them the context, has no representation"
            )
        self.sizes = [latent - context, context]
        self.branches = nn.ModuleList(nn.Linear(size, branch) for size in self.sizes)
        self.trunk = SimpleCNNGenerator(latent=2 * branch, shape=shape, width=width, norm=norm)
        for layer in self.branches:
            nn.init.zeros_(cast(nn.Linear, layer).bias)

    def forward(self, z: Tensor) -> Tensor:
        """Return images ``[N, C, H, W]`` in [-1, 1]."""
        parts = zip(self.branches, torch.split(z, self.sizes, 1), strict=True)
        return cast(Tensor, self.trunk(torch.cat([torch.sigmoid(branch(part)) for branch, part in parts], 1)))
