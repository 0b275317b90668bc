"""The vision transformer of DINOv2, for inference; its tensors are named as in the published files.

Dosovitskiy et al., "An Image is Worth 16x16 Words" (2020), arXiv:2010.11929; LayerScale: Touvron et al., "Going
deeper with Image Transformers" (2021), arXiv:2103.17239.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

PATCH = 14
GRID = 37  # patches a side that the positions were learnt for: pictures of 518 pixels
HEAD = 64  # numbers in one attention head, in every size of the network
EPSILON = 1e-6
# Added to the new number of patches before the positions' scale is taken, as when it was published.
OFFSET = 0.1


class Attention(nn.Module):
    """Every token looks at every token, ``width / 64`` times side by side: ``[B, N, width]`` to the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return what each token gathers."""
        count, tokens, width = x.shape
        query, key, value = self.qkv(x).view(count, tokens, 3, width // HEAD, HEAD).permute(2, 0, 3, 1, 4)
        gathered = functional.scaled_dot_product_attention(query, key, value)
        y: Tensor = self.proj(gathered.transpose(1, 2).reshape(count, tokens, width))
        return y


class LayerScale(nn.Module):
    """A learnt factor for each channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Scale ``[..., width]``."""
        return x * self.gamma


class FeedForward(nn.Module):
    """Two layers, four times as wide between, with a GELU."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[..., width]`` to the same."""
        y: Tensor = self.fc2(functional.gelu(self.fc1(x)))
        return y


class Block(nn.Module):
    """Attention, then two layers for each token; each sees its input normed, and its output is scaled and added."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, EPSILON), nn.LayerNorm(width, EPSILON)
        self.attn, self.mlp = Attention(width), FeedForward(width)
        self.ls1, self.ls2 = LayerScale(width), LayerScale(width)

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens ``[B, N, width]`` to the same."""
        x = x + self.ls1(self.attn(self.norm1(x)))
        y: Tensor = x + self.ls2(self.mlp(self.norm2(x)))
        return y


class VisionTransformer(nn.Module):
    """Patches of 14 pixels and a class token, with learnt positions, through ``depth`` blocks.

    ``width`` is a multiple of 64. ViT-S: 384 and 12 blocks, ViT-B: 768 and 12, ViT-L: 1024 and 24.
    """

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + GRID * GRID, width))
        self.mask_token = nn.Parameter(torch.zeros(1, width))  # of the training only, but in the file
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, width, PATCH, stride=PATCH)})
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width, EPSILON)

    def positions(self, rows: int, columns: int) -> Tensor:
        """Return the positions of the class token and of the patches, ``[1, 1 + rows * columns, width]``."""
        if (rows, columns) == (GRID, GRID):
            return self.pos_embed
        learnt = self.pos_embed[:, 1:].transpose(1, 2).reshape(1, -1, GRID, GRID)
        scale = ((rows + OFFSET) / GRID, (columns + OFFSET) / GRID)
        patches = functional.interpolate(learnt, scale_factor=scale, mode="bicubic", align_corners=False)
        return torch.cat([self.pos_embed[:, :1], patches.flatten(2).transpose(1, 2)], 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map normalised pictures ``[B, 3, H, W]``, sides multiples of 14, to the class token ``[B, width]``."""
        patches: Tensor = self.patch_embed["proj"](x)
        positions = self.positions(*patches.shape[2:])
        tokens = patches.flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), tokens], 1) + positions
        for block in self.blocks:
            x = block(x)
        y: Tensor = self.norm(x[:, 0])
        return y
