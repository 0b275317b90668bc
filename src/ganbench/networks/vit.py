"""A generator and a discriminator of transformer blocks on patches.

ViTGAN: Training GANs with Vision Transformers (2021), arXiv:2107.04589. Its distances in attention and its scaled
spectral norm are left out: D is regularized by its gradient instead.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.layers.initialisation import init_zero_biases
from ganbench.networks.shape_plan import require_image_shape, require_sizes


class ViTGenerator(nn.Module):
    """Latent vectors ``[N, latent]`` -> maps ``[N, C, H, W]``, unbounded, for codes of images.

    Each patch of ``patch_size`` x ``patch_size`` positions is a token of ``width`` numbers. All tokens start as learned
    positions; the latent sets gain and bias of each layer norm (the paper's self-modulation, equation 11). After
    ``depth`` blocks, a linear layer maps each token to its patch.

    Raises ``UserError`` if a size is below 1, the heads do not divide the width, or a side is no multiple of a patch.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, int, int],
        width: int = 128,
        depth: int = 4,
        heads: int = 4,
        patch_size: int = 2,
    ) -> None:
        super().__init__()
        tokens = _count_tokens("ViTGenerator", shape, width, depth, heads, patch_size)
        require_sizes("ViTGenerator", latent=latent)
        self.map_latents = nn.Sequential(nn.Linear(latent, width), nn.GELU(), nn.Linear(width, width))
        self.positions = nn.Embedding(tokens, width)
        self.blocks = nn.ModuleList(_Block(width, heads, style=width) for _ in range(depth))
        self.norm = _ModulatedNorm(width, width)
        self.last = nn.Linear(width, shape[0] * patch_size**2)
        self.grid = (shape[1] // patch_size, shape[2] // patch_size)
        self.patch_size = patch_size
        init_zero_biases(self)

    def forward(self, z: Tensor) -> Tensor:
        """Return maps ``[N, C, H, W]``."""
        style = self.map_latents(z)
        tokens = self.positions.weight.expand(len(z), -1, -1)
        for block in self.blocks:
            tokens = block(tokens, style)
        patches = self.last(self.norm(tokens, style)).transpose(1, 2).unflatten(2, self.grid)
        return nn.functional.pixel_shuffle(patches, self.patch_size)


class ViTDiscriminator(nn.Module):
    """Maps ``[N, C, H, W]`` -> raw scores ``[N]``.

    A linear layer maps each patch to a token, to which a learned position is added; after ``depth`` blocks, a linear
    layer scores the mean token. It is twice differentiable, as R1 needs.

    Raises ``UserError`` if a size is below 1, the heads do not divide the width, or a side is no multiple of a patch.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 128,
        depth: int = 4,
        heads: int = 4,
        patch_size: int = 2,
    ) -> None:
        super().__init__()
        tokens = _count_tokens("ViTDiscriminator", shape, width, depth, heads, patch_size)
        self.first = nn.Linear(shape[0] * patch_size**2, width)
        self.positions = nn.Embedding(tokens, width)
        self.blocks = nn.ModuleList(_Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.last = nn.Linear(width, 1)
        self.patch_size = patch_size
        init_zero_biases(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return raw scores ``[N]``."""
        patches = nn.functional.pixel_unshuffle(x, self.patch_size).flatten(2).transpose(1, 2)
        tokens = self.first(patches) + self.positions.weight
        for block in self.blocks:
            tokens = block(tokens)
        scores: Tensor = self.last(self.norm(tokens).mean(1))
        return scores.squeeze(1)


class _Block(nn.Module):
    """Attention between tokens, then two linear layers on each; both add to the tokens (equations 2 and 3)."""

    def __init__(self, width: int, heads: int, style: int = 0) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(
            _ModulatedNorm(width, style) if style else nn.LayerNorm(width) for _ in range(2)
        )
        self.queries_keys_values = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width)
        self.hidden = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, tokens: Tensor, style: Tensor | None = None) -> Tensor:
        arguments = () if style is None else (style,)
        tokens = tokens + self._attend(self.norms[0](tokens, *arguments))
        changes: Tensor = self.hidden(self.norms[1](tokens, *arguments))
        return tokens + changes

    def _attend(self, tokens: Tensor) -> Tensor:
        """Return attention over tokens ``[N, T, width]``, by products that can be differentiated twice."""
        heads = self.queries_keys_values(tokens).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        queries, keys, values = heads.unbind()  # [N, heads, T, width / heads] each
        weights = torch.softmax(queries @ keys.transpose(2, 3) / queries.shape[3] ** 0.5, 3)
        return cast(Tensor, self.out((weights @ values).transpose(1, 2).flatten(2)))


class _ModulatedNorm(nn.Module):
    """Layer norm whose gain and bias are linear in a style; they start near 1 and 0."""

    def __init__(self, width: int, style: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.modulation = nn.Linear(style, 2 * width)

    def forward(self, tokens: Tensor, style: Tensor) -> Tensor:
        gain, bias = self.modulation(style).unsqueeze(1).chunk(2, 2)
        normalised: Tensor = self.norm(tokens)
        modulated: Tensor = normalised * (1 + gain) + bias
        return modulated


def _count_tokens(
    network: str, shape: tuple[int, ...], width: int, depth: int, heads: int, patch_size: int
) -> int:
    """Check a network's sizes, and return its number of tokens."""
    require_sizes(network, width=width, depth=depth, heads=heads, patch_size=patch_size)
    require_image_shape(network, shape, min_side=patch_size, multiple_of=patch_size)
    if width % heads:
        raise UserError(f"{network}: width must be a multiple of the {heads} heads, but is {width}")
    return (shape[1] // patch_size) * (shape[2] // patch_size)
