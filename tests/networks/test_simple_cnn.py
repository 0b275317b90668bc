from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ganbench.errors import UserError
from ganbench.layers.initialisation import stored_weight
from ganbench.networks import SimpleCNNDiscriminator, SimpleCNNGenerator


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def test_parameter_counts_at_the_reference_sizes() -> None:
    def conv(i: int, o: int) -> int:
        return i * o * 16

    with torch.device("meta"):
        g = SimpleCNNGenerator(latent=100, shape=(3, 32, 32))
        d = SimpleCNNDiscriminator(shape=(3, 32, 32))
    weights = conv(100, 1024) + conv(1024, 512) + conv(512, 256) + conv(256, 3)
    assert count(g) == weights + (1024 + 512 + 256 + 3) + 2 * (1024 + 512 + 256)
    weights = conv(3, 256) + conv(256, 512) + conv(512, 1024) + conv(1024, 1)
    assert count(d) == weights + (256 + 512 + 1024 + 1) + 2 * (512 + 1024)


def test_generator_layers_match_the_reference() -> None:
    layers = SimpleCNNGenerator(latent=5, shape=(3, 32, 32), width=4).layers
    convolutions = [layer for layer in layers if isinstance(layer, nn.ConvTranspose2d)]
    assert [(c.in_channels, c.out_channels) for c in convolutions] == [(5, 16), (16, 8), (8, 4), (4, 3)]
    assert [(c.kernel_size, c.stride, c.padding) for c in convolutions] == [
        ((4, 4), (1, 1), (0, 0)),
        *[((4, 4), (2, 2), (1, 1))] * 3,
    ]
    kinds = [type(layer).__name__ for layer in layers]
    assert kinds == ["ConvTranspose2d", *["BatchNorm2d", "ReLU", "ConvTranspose2d"] * 3]


def test_discriminator_layers_match_the_reference() -> None:
    layers = SimpleCNNDiscriminator(shape=(3, 32, 32), width=4).layers
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    assert [(c.in_channels, c.out_channels) for c in convolutions] == [(3, 4), (4, 8), (8, 16), (16, 1)]
    assert [(c.kernel_size, c.stride, c.padding) for c in convolutions] == [
        *[((4, 4), (2, 2), (1, 1))] * 3,
        ((4, 4), (1, 1), (0, 0)),
    ]
    # No norm before the second convolution; one before the third and before the last.
    kinds = [type(layer).__name__ for layer in layers if not isinstance(layer, nn.Identity)]
    block = ["BatchNorm2d", "LeakyReLU", "Conv2d"]
    assert kinds == ["Conv2d", "LeakyReLU", "Conv2d", *block, *block]
    assert all(layer.negative_slope == 0.2 for layer in layers if isinstance(layer, nn.LeakyReLU))


@pytest.mark.parametrize(
    ("sides", "start", "levels"),
    [
        ((8, 8), (4, 4), 1),
        ((28, 28), (7, 7), 2),
        ((32, 32), (4, 4), 3),
        ((64, 64), (4, 4), 4),
        ((48, 48), (6, 6), 3),
        ((16, 24), (4, 6), 2),
        ((64, 32), (8, 4), 3),
    ],
)
def test_start_map_has_a_shorter_side_of_4_to_7(
    sides: tuple[int, int], start: tuple[int, int], levels: int
) -> None:
    with torch.device("meta"):
        g = SimpleCNNGenerator(latent=3, shape=(1, *sides), width=2)
        d = SimpleCNNDiscriminator(shape=(1, *sides), width=2)
    for layers, end in ((g.layers, 0), (d.layers, -1)):
        convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
        assert convolutions[end].kernel_size == start
        assert len(convolutions) == levels + 1


@settings(deadline=None, max_examples=200)
@given(height=st.integers(1, 200), width=st.integers(1, 200))
def test_every_size_works_or_is_refused_with_sizes_that_do(height: int, width: int) -> None:
    with torch.device("meta"):
        try:
            g = SimpleCNNGenerator(latent=1, shape=(1, height, width), width=1, norm="none")
        except UserError as error:
            words = str(error).replace(",", "").split()
            sizes = [
                tuple(map(int, word.split("x")))
                for word in words
                if word.replace("x", "").isdigit() and "x" in word
            ]
            suggested = [sides for sides in sizes if sides != (height, width)]
            assert suggested
            for sides in suggested:
                SimpleCNNGenerator(latent=1, shape=(1, *sides), width=1, norm="none")
        else:
            assert g(torch.empty(2, 1)).shape == (2, 1, height, width)
            d = SimpleCNNDiscriminator(shape=(1, height, width), width=1, norm="none")
            assert d(torch.empty(2, 1, height, width)).shape == (2,)


@pytest.mark.parametrize("spectral_norm", [False, True])
def test_weights_start_with_the_dcgan_initialisation(spectral_norm: bool) -> None:
    torch.manual_seed(0)
    g = SimpleCNNGenerator(latent=64, shape=(3, 32, 32), width=32, spectral_norm=spectral_norm)
    d = SimpleCNNDiscriminator(shape=(3, 32, 32), width=32, spectral_norm=spectral_norm)
    for layer in (*g.layers, *d.layers):
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            weight = stored_weight(layer)
            assert weight.std().item() == pytest.approx(0.02, rel=0.1)
            assert weight.mean().item() == pytest.approx(0, abs=0.003)
        elif isinstance(layer, nn.BatchNorm2d):
            assert layer.weight.mean().item() == pytest.approx(1, abs=0.02)
            assert layer.weight.std().item() == pytest.approx(0.02, rel=0.5)


def test_refuses_images_of_another_size_instead_of_scoring_patches() -> None:
    d = SimpleCNNDiscriminator(shape=(1, 16, 16), width=2)
    with pytest.raises(ValueError, match="of another size"):
        d(torch.zeros(2, 1, 32, 32))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"width": 0}, "width must be at least 1"),
        ({"shape": (3, 30, 30)}, "30x30 cannot be halved 2 times; use 28x28 or 32x32"),
        ({"shape": (1, 32, 36)}, "32x36 cannot be halved 3 times; use 32x32 or 32x40"),
        ({"shape": (3, 4, 32)}, "at least 8x8"),
        ({"shape": (0, 32, 32)}, "channels, height, width"),
        ({"shape": (32, 32)}, "channels, height, width"),
        ({"norm": "bath"}, "did you mean 'batch'"),
    ],
)
def test_refuses_invalid_arguments(bad: dict[str, Any], words: str) -> None:
    with torch.device("meta"):
        with pytest.raises(UserError, match=words):
            SimpleCNNDiscriminator(**{"shape": (3, 32, 32), **bad})
        with pytest.raises(UserError, match=words):
            SimpleCNNGenerator(**{"latent": 3, "shape": (3, 32, 32), **bad})
