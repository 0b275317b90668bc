from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from ganbench.errors import UserError
from ganbench.layers import Dropout
from ganbench.networks import DenseDCGANDiscriminator, DenseDCGANGenerator


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def conv(i: int, o: int) -> int:
    return i * o * 25 + o


def test_parameter_counts_at_the_reference_sizes() -> None:
    with torch.device("meta"):
        g = DenseDCGANGenerator(latent=100, shape=(3, 32, 32))
        d = DenseDCGANDiscriminator(shape=(3, 32, 32))
    norms = 2 * (512 + 256 + 128 + 64)
    assert count(g) == 100 * 2048 + 2048 + norms + conv(512, 256) + conv(256, 128) + conv(128, 64) + conv(
        64, 3
    )
    norms = 2 * (128 + 256 + 512)
    assert count(d) == conv(3, 64) + conv(64, 128) + conv(128, 256) + conv(256, 512) + norms + 2048 + 1


def kinds(layers: nn.Sequential) -> list[str]:
    return [type(layer).__name__ for layer in layers if not isinstance(layer, nn.Identity)]


def test_layers_match_the_reference() -> None:
    g = DenseDCGANGenerator(latent=5, shape=(3, 32, 32), width=4)
    d = DenseDCGANDiscriminator(shape=(3, 32, 32), width=4)
    assert g.start_shape == (32, 2, 2)
    assert kinds(g.layers) == ["BatchNorm2d", "LeakyReLU", "ConvTranspose2d"] * 4
    block = ["Conv2d", "BatchNorm2d", "LeakyReLU"]
    assert kinds(d.layers) == ["Conv2d", "LeakyReLU", *block * 3, "Flatten", "Dropout", "Linear"]
    convolutions = [
        layer for layer in (*g.layers, *d.layers) if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    ]
    assert {(c.kernel_size, c.stride) for c in convolutions} == {((5, 5), (2, 2))}
    slopes = {layer.negative_slope for layer in (*g.layers, *d.layers) if isinstance(layer, nn.LeakyReLU)}
    assert slopes == {0.2}
    assert [layer.p for layer in d.layers if isinstance(layer, Dropout)] == [0.4]


@pytest.mark.parametrize(
    ("sides", "start"), [((32, 32), (2, 2)), ((24, 24), (3, 3)), ((64, 64), (2, 2)), ((16, 32), (2, 4))]
)
def test_the_start_map_has_a_shorter_side_of_2_or_3(sides: tuple[int, int], start: tuple[int, int]) -> None:
    g = DenseDCGANGenerator(latent=3, shape=(1, *sides), width=1)
    d = DenseDCGANDiscriminator(shape=(1, *sides), width=1)
    assert g.start_shape[1:] == start
    images = g(torch.randn(4, 3))
    assert images.shape == (4, 1, *sides)
    assert d(images).shape == (4,)


def test_scores_vary_in_training_and_not_in_evaluation() -> None:
    d = DenseDCGANDiscriminator(shape=(1, 16, 16), width=4, norm="none")
    x = torch.randn(4, 1, 16, 16)
    assert not torch.equal(d(x), d(x))
    assert torch.equal(d.eval()(x), d(x))
    d = DenseDCGANDiscriminator(shape=(1, 16, 16), width=4, norm="none", dropout=0.0)
    assert torch.equal(d(x), d(x))


def test_refuses_images_of_another_size() -> None:
    with pytest.raises(RuntimeError):
        DenseDCGANDiscriminator(shape=(1, 16, 16), width=2)(torch.zeros(2, 1, 32, 32))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"width": 0}, "width must be at least 1"),
        ({"shape": (3, 28, 28)}, "use 24x24 or 32x32"),
        ({"norm": "bath"}, "did you mean 'batch'"),
        ({"dropout": 1.0}, r"in \[0, 1\), but is 1.0"),
    ],
)
def test_refuses_invalid_arguments(bad: dict[str, Any], words: str) -> None:
    with torch.device("meta"):
        with pytest.raises(UserError, match=words):
            DenseDCGANDiscriminator(**{"shape": (3, 32, 32), **bad})
        if "dropout" not in bad:
            with pytest.raises(UserError, match=words):
                DenseDCGANGenerator(**{"latent": 3, "shape": (3, 32, 32), **bad})
