"""DINOv2 features: self-supervised, and closer to human judgement than those of Inception.

Oquab et al., "DINOv2: Learning Robust Visual Features without Supervision" (2023), arXiv:2304.07193; as features
for scores, Stein et al., "Exposing flaws of generative model evaluation metrics" (2023), arXiv:2306.04675.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganbench.errors import UserError, did_you_mean
from ganbench.metrics.extractors.preprocess import (
    bicubic_record,
    forward_in_batches,
    require_batch_size,
    resize_bicubic,
)
from ganbench.metrics.extractors.weights import PublishedWeights, load_weights, require_keys, sha256_of
from ganbench.metrics.score import JSON

SHA256 = {
    "vits14": "b938bf1bc15cd2ec0feacfe3a1bb553fe8ea9ca46a7e1d8d00217f29aef60cd9",
    "vitb14": "0b8b82f85de91b424aded121c7e1dcc2b7bc6d0adeea651bf73a13307fad8c73",
    "vitl14": "d5383ea8f4877b2472eb973e0fd72d557c7da5d3611bd527ceeb1d7162cbf428",
}
PUBLISHED: Mapping[str, PublishedWeights] = MappingProxyType(
    {
        size: PublishedWeights(
            features=f"dinov2:{size}",
            file=f"dinov2_{size}_pretrain.pth",
            url=f"https://dl.fbaipublicfiles.com/dinov2/dinov2_{size}/dinov2_{size}_pretrain.pth",
            sha256=sha256,
        )
        for size, sha256 in SHA256.items()
    }
)
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
PATCH = 14
GRID = 37  # patches per side that the position embeddings were trained for: images of 518 pixels
HEAD = 64  # dimensions of an attention head, in every size of the network
EPSILON = 1e-6
OFFSET = 0.1  # patches added to the new grid before its scale is computed, as in the published code


class DINOv2Features:
    """The class token after the last norm, of images resized to ``resolution``.

    Args:
        size: vits14 (384 dimensions, the fastest), vitb14 (768) or vitl14 (1024, as in Stein et al.).
        resolution: Image side; a multiple of 14.
        path: The weights file; if None, it is searched for or downloaded.
        weights: The file that is expected; by default the published one of that size.
        batch_size: Images per forward pass; it affects the features by rounding only.
        device: Where the network runs.

    Raises:
        UserError: An argument is invalid, or the weights are missing or not the published ones.
    """

    def __init__(
        self,
        size: str = "vits14",
        resolution: int = 224,
        *,
        path: Path | None = None,
        weights: PublishedWeights | None = None,
        batch_size: int = 16,
        device: torch.device | str = "cpu",
    ) -> None:
        if weights is None and size not in PUBLISHED:
            raise UserError(f"there is no DINOv2 of size '{size}'{did_you_mean(size, PUBLISHED)}")
        if resolution < PATCH or resolution % PATCH:
            raise UserError(
                f"dinov2 needs a resolution that is a multiple of {PATCH} pixels, not {resolution}; use 224"
            )
        require_batch_size(batch_size)
        self.size, self.resolution, self.batch_size = size, resolution, batch_size
        self.weights = weights or PUBLISHED[size]
        self.device = torch.device(device)
        self._network = build_network(load_weights(self.weights, path), self.weights).to(self.device)
        self._mean = torch.tensor(MEAN, device=self.device).view(3, 1, 1)
        self._std = torch.tensor(STD, device=self.device).view(3, 1, 1)

    @property
    def name(self) -> str:
        """The network and the resolution, such as ``dinov2-vits14@224``."""
        return f"dinov2-{self.size}@{self.resolution}"

    @property
    def dims(self) -> int:
        """The width of the network."""
        return self._network.cls_token.shape[-1]

    @property
    def weights_sha256(self) -> str:
        """The SHA-256 of the weights file."""
        return self.weights.sha256

    @property
    def preprocessing(self) -> Mapping[str, JSON]:
        """Resizing and normalisation, for the record of a score."""
        return bicubic_record(self.resolution, "(x / 255 - mean) / std of ImageNet", "no crop")

    def __call__(self, images: Tensor) -> Tensor:
        """Map uint8 ``[B, 1 or 3, H, W]`` to float32 ``[B, dims]`` on the CPU; raises as ``forward_in_batches``."""
        return forward_in_batches(
            self._features, images, dims=self.dims, batch_size=self.batch_size, device=self.device
        )

    def _features(self, images: Tensor) -> Tensor:
        resized = resize_bicubic(images, self.resolution).div_(255)
        features: Tensor = self._network((resized - self._mean) / self._std)
        return features


def dinov2_features(size_or_path: str = "", resolution: int = 224) -> DINOv2Features:
    """Return the DINOv2 features of a size (``vits14`` if empty), or of a published weights file at a path.

    Raises:
        UserError: The size or the file is unknown, or as :class:`DINOv2Features` raises.
    """
    if not ("/" in size_or_path or "\\" in size_or_path or size_or_path.endswith(".pth")):
        return DINOv2Features(size_or_path or "vits14", resolution)
    path = Path(size_or_path)
    sha256 = sha256_of(path)
    for size, weights in PUBLISHED.items():
        if weights.sha256 == sha256:
            return DINOv2Features(size, resolution, path=path)
    urls = ", ".join(weights.url for weights in PUBLISHED.values())
    raise UserError(f"{path} (SHA-256 {sha256[:12]}...) is not a published DINOv2 file; known: {urls}")


def build_network(state: Mapping[str, Tensor], weights: PublishedWeights) -> VisionTransformer:
    """Build the network of a state dict, which determines width and depth. Raises UserError if it does not fit."""
    token = state.get("cls_token")
    width = token.shape[-1] if token is not None and token.ndim == 3 else 0
    depth = len({key.split(".")[1] for key in state if key.startswith("blocks.") and key.count(".") > 1})
    with torch.device("meta"):  # no memory or random numbers for weights that are replaced below
        network = VisionTransformer(max(HEAD, width // HEAD * HEAD), max(1, depth))
    require_keys(weights.features, state, network.state_dict(), weights.url)
    network.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(False)


class Attention(nn.Module):
    """Multi-head self-attention with ``width / 64`` heads: ``[B, N, width]`` to ``[B, N, width]``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return the attended tokens."""
        count, tokens, width = x.shape
        query, key, value = self.qkv(x).view(count, tokens, 3, width // HEAD, HEAD).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(query, key, value)
        y: Tensor = self.proj(attended.transpose(1, 2).reshape(count, tokens, width))
        return y


class LayerScale(nn.Module):
    """A learned factor per channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Scale ``[..., width]``."""
        return x * self.gamma


class FeedForward(nn.Module):
    """Two linear layers with a GELU between them; the hidden width is ``4 * width``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[..., width]`` to ``[..., width]``."""
        y: Tensor = self.fc2(functional.gelu(self.fc1(x)))
        return y


class Block(nn.Module):
    """A pre-norm transformer block: attention and feed-forward, each with layer scale and a skip connection."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, EPSILON), nn.LayerNorm(width, EPSILON)
        self.attn, self.mlp = Attention(width), FeedForward(width)
        self.ls1, self.ls2 = LayerScale(width), LayerScale(width)

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens ``[B, N, width]`` to ``[B, N, width]``."""
        x = x + self.ls1(self.attn(self.norm1(x)))
        y: Tensor = x + self.ls2(self.mlp(self.norm2(x)))
        return y


class VisionTransformer(nn.Module):
    """A vision transformer with patches of 14 pixels, a class token and learned position embeddings.

    ``width`` is a multiple of 64. ViT-S: width 384, depth 12; ViT-B: 768, 12; ViT-L: 1024, 24.
    """

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + GRID * GRID, width))
        self.mask_token = nn.Parameter(torch.zeros(1, width))  # used in training only, but part of the file
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, width, PATCH, stride=PATCH)})
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width, EPSILON)

    def positions(self, rows: int, columns: int) -> Tensor:
        """Return the position embeddings of class token and patches, ``[1, 1 + rows * columns, width]``."""
        if (rows, columns) == (GRID, GRID):
            return self.pos_embed
        grid = self.pos_embed[:, 1:].transpose(1, 2).reshape(1, -1, GRID, GRID)
        scale = ((rows + OFFSET) / GRID, (columns + OFFSET) / GRID)
        patches = functional.interpolate(grid, scale_factor=scale, mode="bicubic", align_corners=False)
        return torch.cat([self.pos_embed[:, :1], patches.flatten(2).transpose(1, 2)], 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map normalised images ``[B, 3, H, W]``, sides multiples of 14, to the class token ``[B, width]``."""
        patches: Tensor = self.patch_embed["proj"](x)
        positions = self.positions(*patches.shape[2:])
        tokens = patches.flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), tokens], 1) + positions
        for block in self.blocks:
            x = block(x)
        y: Tensor = self.norm(x[:, 0])
        return y
