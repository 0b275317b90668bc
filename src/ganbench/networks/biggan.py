"""BigGAN's generator: every block is told the class and a part of the latent of its own.

Large Scale GAN Training for High Fidelity Natural Image Synthesis (2018), arXiv:1809.11096.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import Layers, class_rows, need_classes
from ganbench.conditioning.norms import NormByVector
from ganbench.errors import UserError
from ganbench.layers.attention import attention_at
from ganbench.layers.initialisation import orthogonal_weights
from ganbench.layers.normalisation import norm_2d
from ganbench.layers.spectral import spectrally_normalised
from ganbench.networks.base import Generator
from ganbench.networks.residual_block import BlockUp
from ganbench.networks.shape_plan import plan_levels, require_sizes


class BigGANGenerator(Generator):
    """Latent vectors ``[N, latent]`` and classes -> pictures ``[N, C, H, W]`` in [-1, 1] (tanh).

    The latent is cut into as nearly equal parts as there are levels and one more. The first part makes a start map
    whose shorter side is 4 to 7; each of the others, beside the class's vector of ``embedding`` numbers, which all
    blocks share, is what the gains and biases of a block's batch norms are linear in. A block of ``width`` channels
    doubles the sides, up to ``shape`` = ``(C, H, W)``; then batch norm, ReLU and a 3x3 convolution. Without an
    ``embedding`` (0) it needs no classes. ``spectral_norm`` divides each weight by its largest singular value, but
    leaves the classes' vectors, which start from N(0, 1), as they are. Self-attention follows the block that makes a
    map whose shorter side is ``attention`` (0: none). Other weights start orthogonal, biases at 0.

    Raises ``UserError`` if a size is below 1, the latent has fewer numbers than parts, a side cannot be reached by
    doublings, no block's map has the side that ``attention`` names, or there are no classes to embed.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, int, int],
        width: int = 64,
        embedding: int = 128,
        spectral_norm: bool = True,
        attention: int = 0,
        classes: int = 0,
    ) -> None:
        super().__init__()
        start, levels = plan_levels("BigGANGenerator", shape, latent=latent, width=width)
        self.condition_on(None, latent, classes)
        if embedding:
            require_sizes("BigGANGenerator", embedding=embedding)
            need_classes(self, classes)
        if latent <= levels:
            raise UserError(f"BigGANGenerator: a latent of {latent} cannot be cut into {levels + 1} parts")
        self.parts, self.start = levels + 1, (width, *start)
        sizes = [part.shape[0] for part in torch.tensor_split(torch.zeros(latent), self.parts)]
        self.embedding = nn.Embedding(classes, embedding) if embedding else None
        self.first = nn.Linear(sizes[0], width * start[0] * start[1])
        attend = attention_at(
            "BigGANGenerator", attention, [min(start) * 2 ** (i + 1) for i in range(levels)]
        )

        def norm(level: int) -> NormByVector:
            return NormByVector(norm_2d("batch", width, affine=False), width, sizes[level + 1] + embedding)

        self.blocks = nn.ModuleList(
            Layers(BlockUp(width, width, norm(level), norm(level)), *attend(level, width))
            for level in range(levels)
        )
        self.last = nn.Sequential(
            norm_2d("batch", width), nn.ReLU(inplace=True), nn.Conv2d(width, shape[0], 3, padding=1)
        )
        orthogonal_weights(self)
        if spectral_norm:
            for part in (
                self.first,
                self.blocks,
                self.last,
            ):  # classes' vectors stay as long as parts of the latent
                spectrally_normalised(part)

    @property
    def needs_condition(self) -> bool:
        """Whether it cannot make samples without a class."""
        return self.embedding is not None

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return pictures ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]`` and classes."""
        first, *others = torch.tensor_split(z, self.parts, 1)
        told = [] if self.embedding is None else [class_rows(self.embedding.weight, condition)]
        x: Tensor = self.first(first).reshape(len(z), *self.start)
        for block, part in zip(self.blocks, others, strict=True):
            x = block(x, torch.cat([part, *told], 1))
        return torch.tanh(self.last(x))
