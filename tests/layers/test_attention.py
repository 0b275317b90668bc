"""Self-attention against its definition, position by position."""

from __future__ import annotations

import pytest
import torch

from ganbench.errors import UserError
from ganbench.layers import SelfAttention
from ganbench.networks import SimpleCNNDiscriminator


def test_starts_as_the_identity_and_gamma_has_a_gradient() -> None:
    layer, x = SelfAttention(8), torch.randn(2, 8, 3, 5)
    assert torch.equal(layer(x), x)
    layer(x).square().sum().backward()
    assert layer.gamma.grad is not None
    assert layer.gamma.grad.abs() > 0


def test_each_position_adds_the_weighted_mean_of_the_values() -> None:
    layer, x = SelfAttention(8), torch.randn(2, 8, 2, 3)
    torch.nn.init.constant_(layer.gamma, 0.7)
    weights = layer.attention_weights(x)
    torch.testing.assert_close(weights.sum(2), torch.ones(2, 6))
    q, k, v = (conv(x).flatten(2) for conv in (layer.query, layer.key, layer.value))
    out = layer.out.weight[:, :, 0, 0]
    for n in range(2):
        for i in range(6):
            logits = torch.stack([q[n, :, i] @ k[n, :, j] for j in range(6)])
            torch.testing.assert_close(weights[n, i], logits.softmax(0))
            mean = sum(weights[n, i, j] * v[n, :, j] for j in range(6))
            expected = x.flatten(2)[n, :, i] + 0.7 * (out @ mean)
            torch.testing.assert_close(layer(x).flatten(2)[n, :, i], expected)


def test_at_full_width_queries_keys_and_values_have_all_channels() -> None:
    wide, narrow = SelfAttention(16, full_width=True), SelfAttention(16)
    assert [layer.out_channels for layer in (wide.query, wide.key, wide.value)] == [16, 16, 16]
    assert [layer.out_channels for layer in (narrow.query, narrow.key, narrow.value)] == [2, 2, 8]
    x = torch.randn(2, 16, 3, 5)
    torch.nn.init.constant_(wide.gamma, 1.0)
    assert wide(x).shape == x.shape
    assert not torch.equal(wide(x), x)


def test_refuses_a_side_that_no_map_has() -> None:
    with pytest.raises(UserError, match="attention=5, but its maps have sides of 8, 4"):
        SimpleCNNDiscriminator(shape=(1, 16, 16), width=4, attention=5)
