from __future__ import annotations

import pytest
import torch
from torch import nn

from ganbench.conditioning import ClassNorm
from ganbench.errors import UserError
from ganbench.networks import FixupResNetDiscriminator, FixupResNetGenerator
from ganbench.networks.fixup_resnet import _Block


def test_a_block_is_the_identity_at_first_and_its_other_weights_are_divided_by_the_fourth_root_of_blocks() -> (
    None
):
    torch.manual_seed(0)
    block, x = _Block(64, 16), torch.randn(2, 64, 5, 5)
    assert torch.equal(block(x), x)
    first, second, last = (layer for layer in block.inner if isinstance(layer, nn.Conv2d))
    for layer, fan_in in ((first, 64), (second, 64 * 9)):
        kept = (2 / (1 + 0.2**2) / fan_in) ** 0.5  # what keeps the variance behind a leaky ReLU
        assert layer.weight.std().item() == pytest.approx(kept / 2, rel=0.05)
    nn.init.normal_(last.weight)
    assert not torch.equal(block(x), x)


def test_a_picture_has_a_block_a_level_and_no_norm() -> None:
    g = FixupResNetGenerator(latent=4, shape=(3, 64, 64), width=2)
    d = FixupResNetDiscriminator(shape=(3, 64, 64), width=2)
    for network in (g, d):
        assert sum(isinstance(m, _Block) for m in network.modules()) == 5  # maps of 4, 8, 16, 32, 64
        assert not any("Norm" in type(m).__name__ for m in network.modules())
    assert g.start == (16, 4, 4), "eight times the width at most"


def test_classes_cannot_be_told_by_norms_that_are_not_there() -> None:
    with pytest.raises(UserError, match=r"ClassNorm cannot act; set networks\.G\.conditioning=OneHot"):
        FixupResNetGenerator(latent=4, shape=(3, 16, 16), width=2, conditioning=ClassNorm(), classes=3)
