"""BigGAN's generator: every block receives the class and its own part of the latent.

Large Scale GAN Training for High Fidelity Natural Image Synthesis (2018), arXiv:1809.11096.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import ConditionalSequential, require_classes, select_rows
from ganbench.conditioning.norms import NormByVector
from ganbench.errors import UserError
from ganbench.layers.attention import attention_factory
from ganbench.layers.initialisation import OwnStart, init_orthogonal
from ganbench.layers.normalisation import norm_2d
from ganbench.layers.spectral import apply_spectral_norm
from ganbench.networks.base import Generator
from ganbench.networks.residual_block import UpBlock
from ganbench.networks.shape_plan import plan_levels, require_sizes


class _ClassVectors(OwnStart, nn.Embedding):
    """Class vectors that start from N(0, 1), like the chunks of the latent with which they are concatenated."""


class BigGANGenerator(Generator):
    """Latent vectors ``[N, latent]`` and classes -> images ``[N, C, H, W]`` in [-1, 1] (tanh).

    The latent is split into levels + 1 chunks of nearly equal size. A linear layer maps the first chunk to a start map
    whose shorter side is 4 to 7. Each level then has a residual block of ``width`` channels that doubles the sides, up
    to ``shape`` = ``(C, H, W)``. The gains and biases of a block's batch norms are linear in the concatenation of its
    chunk and the class embedding of ``embedding`` numbers, which all blocks share. Batch norm, ReLU and a 3x3
    convolution follow. With ``embedding`` 0 the network needs no classes.

    ``spectral_norm`` divides each weight by its largest singular value, except for the class embedding, which starts
    from N(0, 1). Self-attention follows the block whose output has ``attention`` as its shorter side (0: none). All
    other weights start orthogonal, biases at 0.

    Raises ``UserError`` if a size is below 1, the latent has fewer numbers than chunks, a side cannot be reached by
    doublings, no block's map has the side ``attention``, or there are no classes to embed.
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
        self.set_conditioning(None, latent, classes)
        if embedding:
            require_sizes("BigGANGenerator", embedding=embedding)
            require_classes(self, classes)
        if latent <= levels:
            raise UserError(f"BigGANGenerator: a latent of {latent} cannot be split into {levels + 1} chunks")
        self.chunk_count, self.start_shape = levels + 1, (width, *start)
        sizes = [chunk.shape[0] for chunk in torch.tensor_split(torch.zeros(latent), self.chunk_count)]
        self.embedding = _ClassVectors(classes, embedding) if embedding else None
        self.first = nn.Linear(sizes[0], width * start[0] * start[1])
        make_attention = attention_factory(
            "BigGANGenerator", attention, [min(start) * 2 ** (i + 1) for i in range(levels)]
        )

        def make_norm(level: int) -> NormByVector:
            return NormByVector(norm_2d("batch", width, affine=False), width, sizes[level + 1] + embedding)

        self.blocks = nn.ModuleList(
            ConditionalSequential(
                UpBlock(width, width, make_norm(level), make_norm(level)), *make_attention(level, width)
            )
            for level in range(levels)
        )
        self.last = nn.Sequential(
            norm_2d("batch", width), nn.ReLU(inplace=True), nn.Conv2d(width, shape[0], 3, padding=1)
        )
        init_orthogonal(self)
        if spectral_norm:
            # Not the embedding: class vectors keep the scale of the latent's chunks.
            for part in (self.first, self.blocks, self.last):
                apply_spectral_norm(part)

    @property
    def needs_condition(self) -> bool:
        """Whether it cannot make samples without a class."""
        return self.embedding is not None

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return images ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]`` and classes."""
        first, *others = torch.tensor_split(z, self.chunk_count, 1)
        class_vectors = [] if self.embedding is None else [select_rows(self.embedding.weight, condition)]
        x: Tensor = self.first(first).unflatten(1, self.start_shape)
        for block, chunk in zip(self.blocks, others, strict=True):
            x = block(x, torch.cat([chunk, *class_vectors], 1))
        return torch.tanh(self.last(x))
