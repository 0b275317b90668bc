from __future__ import annotations

import pytest
import torch
from torch import nn

from ganbench.conditioning import ClassNorm
from ganbench.errors import UserError
from ganbench.networks import FixupResNetDiscriminator, FixupResNetGenerator
from ganbench.networks.fixup_resnet import _FixupBlock


def test_a_block_starts_as_the_identity_with_scaled_weights() -> None:
    torch.manual_seed(0)
    block, x = _FixupBlock(64, 16), torch.randn(2, 64, 5, 5)
    assert torch.equal(block(x), x)
    first, second, last = (layer for layer in block.inner if isinstance(layer, nn.Conv2d))
    for layer, fan_in in ((first, 64), (second, 64 * 9)):
        std = (2 / (1 + 0.2**2) / fan_in) ** 0.5  # keeps the variance after a leaky ReLU
        assert layer.weight.std().item() == pytest.approx(
            std / 2, rel=0.05
        )  # the fourth root of 16 blocks is 2
    nn.init.normal_(last.weight)
    assert not torch.equal(block(x), x)


def test_has_one_block_per_level_and_no_norm() -> None:
    g = FixupResNetGenerator(latent=4, shape=(3, 64, 64), width=2)
    d = FixupResNetDiscriminator(shape=(3, 64, 64), width=2)
    for network in (g, d):
        assert sum(isinstance(m, _FixupBlock) for m in network.modules()) == 5  # maps of 4, 8, 16, 32, 64
        assert not any("Norm" in type(m).__name__ for m in network.modules())
    assert g.start_shape == (16, 4, 4), "at most eight times the width"


def test_refuses_a_conditioning_that_needs_norms() -> None:
    with pytest.raises(UserError, match=r"ClassNorm cannot act; set networks\.G\.conditioning=OneHot"):
        FixupResNetGenerator(latent=4, shape=(3, 16, 16), width=2, conditioning=ClassNorm(), classes=3)
