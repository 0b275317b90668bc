from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from ganbench.conditioning import LabelPlane, LateConcat
from ganbench.errors import UserError
from ganbench.networks import DenseSAGANDiscriminator, DenseSAGANGenerator

BLOCK = ["BatchNorm2d", "LeakyReLU"]


def kinds(layers: nn.Sequential) -> list[str]:
    names = [type(layer).__name__ for layer in layers if not isinstance(layer, nn.Identity)]
    return [name.removeprefix("Parametrized") for name in names]


def test_layer_order_is_that_of_generative_adversarial_networks_gans() -> None:
    g = DenseSAGANGenerator(latent=5, shape=(3, 32, 32), width=4, conditioning=LabelPlane(), classes=10)
    d = DenseSAGANDiscriminator(shape=(3, 32, 32), width=4, conditioning=LateConcat(hidden=512), classes=10)
    assert kinds(g.first) == ["Linear", "ReLU"]
    doubling = ["Upsample", "Conv2d"]
    assert kinds(g.layers) == [
        *[*BLOCK, "_LabelPlaneInput", *doubling],
        *[*BLOCK, *doubling] * 2,
        *[*BLOCK, "SelfAttention", *doubling],
    ]
    assert kinds(d.layers) == [
        *["Conv2d", "LeakyReLU", "SelfAttention"],
        *["Conv2d", *BLOCK] * 3,
        "Flatten",
    ]
    assert [layer.in_channels for layer in g.layers if isinstance(layer, nn.Conv2d)] == [33, 16, 8, 4]
    assert [layer.out_channels for layer in d.layers if isinstance(layer, nn.Conv2d)] == [4, 8, 16, 32]


def test_only_5x5_convolutions_have_spectral_norm() -> None:
    g = DenseSAGANGenerator(latent=5, shape=(3, 32, 32), width=4, conditioning=LabelPlane(), classes=10)
    d = DenseSAGANDiscriminator(shape=(3, 32, 32), width=4, conditioning=LateConcat(), classes=10)
    weighted = [m for n in (g, d) for m in n.modules() if isinstance(m, nn.Conv2d | nn.Linear | nn.Embedding)]
    for layer in weighted:
        normalised = parametrize.is_parametrized(layer, "weight")
        assert normalised == (isinstance(layer, nn.Conv2d) and layer.kernel_size == (5, 5))
        if normalised:
            assert torch.linalg.svdvals(layer.weight.detach().flatten(1))[0].item() == pytest.approx(
                1, abs=0.2
            )


def test_the_map_with_attention_must_exist() -> None:
    with pytest.raises(UserError, match="attention=5, but its maps have sides of 2, 4, 8, 16"):
        DenseSAGANGenerator(latent=5, shape=(3, 32, 32), width=4, attention=5)
    with pytest.raises(UserError, match="attention=16, but its maps have sides of 8, 4, 2"):
        DenseSAGANDiscriminator(shape=(3, 16, 32), width=4, attention=16)
