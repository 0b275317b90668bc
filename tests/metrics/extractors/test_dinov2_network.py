"""The vision transformer against torch's encoder layer and an explicit bicubic interpolation."""

from __future__ import annotations

import pytest
import torch
from tests.metrics.extractors.random_weights import randomise
from torch import Tensor, nn

from ganbench.metrics.extractors.dinov2 import GRID, Block, VisionTransformer


def _torch_layer(block: Block, width: int) -> nn.TransformerEncoderLayer:
    """Return torch's layer with the same weights; layer scale becomes part of the linear layer before it."""
    layer = nn.TransformerEncoderLayer(
        width,
        width // 64,
        4 * width,
        dropout=0.0,
        activation="gelu",
        layer_norm_eps=1e-6,
        batch_first=True,
        norm_first=True,
    )
    weights = block.state_dict()
    state = {
        "self_attn.in_proj_weight": weights["attn.qkv.weight"],
        "self_attn.in_proj_bias": weights["attn.qkv.bias"],
        "self_attn.out_proj.weight": weights["ls1.gamma"][:, None] * weights["attn.proj.weight"],
        "self_attn.out_proj.bias": weights["ls1.gamma"] * weights["attn.proj.bias"],
        "linear1.weight": weights["mlp.fc1.weight"],
        "linear1.bias": weights["mlp.fc1.bias"],
        "linear2.weight": weights["ls2.gamma"][:, None] * weights["mlp.fc2.weight"],
        "linear2.bias": weights["ls2.gamma"] * weights["mlp.fc2.bias"],
        **{key: weights[key] for key in weights if key.startswith("norm")},
    }
    layer.double().load_state_dict(state)
    return layer.train()  # eval mode would take the fast path


@pytest.mark.parametrize("width", [64, 192])
def test_a_block_equals_torchs_layer_with_scaled_outputs(width):
    block = Block(width)
    block.load_state_dict(randomise(block.state_dict()))
    block.double()
    x = torch.randn(3, 11, width, generator=torch.Generator().manual_seed(1)).double()
    torch.testing.assert_close(block(x), _torch_layer(block, width)(x), rtol=1e-10, atol=1e-10)


def _network(width: int = 64, depth: int = 2) -> VisionTransformer:
    network = VisionTransformer(width, depth)
    network.load_state_dict(randomise(network.state_dict()))
    return network.eval().requires_grad_(False)


def _bicubic_matrix(size: int) -> Tensor:
    """Return ``[size, 37]`` that resamples a line as published: a = -0.75, scale (size + 0.1) / 37, edges repeated."""

    def kernel(t: float) -> float:
        t, a = abs(t), -0.75
        if t <= 1:
            return (a + 2) * t**3 - (a + 3) * t**2 + 1
        return a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a if t < 2 else 0.0

    matrix = torch.zeros(size, GRID)
    for new in range(size):
        place = (new + 0.5) * GRID / (size + 0.1) - 0.5
        first = int(place // 1) - 1
        for old in range(first, first + 4):
            matrix[new, min(max(old, 0), GRID - 1)] += kernel(place - old)
    return matrix


@pytest.mark.parametrize(("rows", "columns"), [(16, 16), (7, 20), (40, 5)])
def test_positions_are_resized_bicubically_with_the_published_offset(rows, columns):
    network = _network()
    grid = network.pos_embed[0, 1:].view(GRID, GRID, 64)
    expected = torch.einsum("ri,cj,ijd->rcd", _bicubic_matrix(rows), _bicubic_matrix(columns), grid)
    positions = network.positions(rows, columns)
    assert torch.equal(positions[:, 0], network.pos_embed[:, 0])
    torch.testing.assert_close(positions[0, 1:].view(rows, columns, 64), expected, rtol=1e-4, atol=1e-5)


def test_positions_are_unchanged_at_the_training_resolution():
    network = _network()
    assert torch.equal(network.positions(GRID, GRID), network.pos_embed)


def test_the_forward_pass_is_patches_plus_positions_through_the_blocks():
    network = _network()
    x = torch.randn(2, 3, 28, 42, generator=torch.Generator().manual_seed(1))
    weight = network.state_dict()["patch_embed.proj.weight"].flatten(1)
    bias = network.state_dict()["patch_embed.proj.bias"]
    patches = x.unfold(2, 14, 14).unfold(3, 14, 14).permute(0, 2, 3, 1, 4, 5).reshape(2, 6, -1)
    tokens = torch.cat([network.cls_token.expand(2, -1, -1), patches @ weight.T + bias], 1)
    tokens = tokens + network.positions(2, 3)
    for block in network.blocks:
        tokens = block(tokens)
    torch.testing.assert_close(network(x), network.norm(tokens)[:, 0], rtol=1e-4, atol=1e-5)


def test_parameters_have_the_published_names():
    names = set(VisionTransformer(64, 1).state_dict())
    block_names = {
        f"{part}.{kind}"
        for part in ("norm1", "norm2", "attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2")
        for kind in ("weight", "bias")
    }
    assert names == {
        *("cls_token", "pos_embed", "mask_token", "patch_embed.proj.weight", "patch_embed.proj.bias"),
        *("norm.weight", "norm.bias"),
        *(f"blocks.0.{name}" for name in block_names | {"ls1.gamma", "ls2.gamma"}),
    }
