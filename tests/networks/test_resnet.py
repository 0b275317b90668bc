from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, interpolate

from ganbench.errors import UserError
from ganbench.networks import ResNetDiscriminator, ResNetGenerator


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def conv(i: int, o: int, k: int = 3) -> int:
    return i * o * k * k + o


def test_parameter_counts_at_the_reference_sizes() -> None:
    with torch.device("meta"):
        g = ResNetGenerator(latent=128, shape=(3, 32, 32))
        d = ResNetDiscriminator(shape=(3, 32, 32))

    def up(i: int) -> int:
        return 2 * i + conv(i, 128) + 2 * 128 + conv(128, 128) + conv(i, 128, 1)

    assert count(g) == 128 * 4096 + 4096 + up(256) + 2 * up(128) + 2 * 128 + conv(128, 3)
    assert count(d) == conv(3, 128) + 3 * (2 * conv(128, 128) + conv(128, 128, 1)) + 128 + 1


@pytest.mark.parametrize(
    ("sides", "start", "levels"),
    [((32, 32), (4, 4), 3), ((28, 28), (7, 7), 2), ((64, 64), (4, 4), 4), ((8, 24), (4, 12), 1)],
)
def test_has_one_block_per_doubling(sides: tuple[int, int], start: tuple[int, int], levels: int) -> None:
    g = ResNetGenerator(latent=3, shape=(1, *sides), width=2)
    d = ResNetDiscriminator(shape=(1, *sides), width=2)
    assert g.start_shape == (4, *start)
    assert d.map_size == start
    assert len(g.layers) == levels + 3
    assert len(d.layers) == levels + 2
    assert d(g(torch.randn(5, 3))).shape == (5,)


def weights(layer: nn.Module) -> tuple[Tensor, Tensor | None]:
    assert isinstance(layer, nn.Conv2d)
    return layer.weight, layer.bias


def test_an_up_block_is_two_convolutions_plus_an_upsampled_shortcut() -> None:
    block = ResNetGenerator(latent=3, shape=(3, 8, 8), width=2).eval().layers[0]
    x = torch.randn(3, 4, 4, 4)
    first, second = block.inner[0], block.inner[3]
    hidden = conv2d(first(x).relu(), *weights(block.inner[2]), padding=1)
    hidden = interpolate(second(hidden).relu(), scale_factor=2)
    expected = conv2d(hidden, *weights(block.outer), padding=1)
    expected = expected + conv2d(
        interpolate(x, scale_factor=2), *weights(block.short_cut)
    )  # after upsampling
    torch.testing.assert_close(block(x), expected)


def test_a_down_block_is_two_convolutions_and_one_relu_plus_a_pooled_shortcut() -> None:
    block = ResNetDiscriminator(shape=(3, 8, 8), width=2).layers[2]
    x = torch.randn(3, 2, 8, 8)
    hidden = conv2d(x, *weights(block.inner[1]), padding=1).relu()
    expected = conv2d(avg_pool2d(hidden, 2), *weights(block.outer), padding=1)
    expected = expected + avg_pool2d(conv2d(x, *weights(block.short_cut)), 2)  # pooled after it
    torch.testing.assert_close(block(x), expected)


def test_the_score_is_a_linear_function_of_the_mean_or_the_sum_over_positions() -> None:
    x = torch.randn(3, 1, 8, 8)
    torch.manual_seed(0)
    mean = ResNetDiscriminator(shape=(1, 8, 8), width=4)
    torch.manual_seed(0)
    total = ResNetDiscriminator(shape=(1, 8, 8), width=4, pool="sum")
    maps = mean.layers(x)
    assert maps.shape == (3, 4, 4, 4)
    torch.testing.assert_close(mean(x), mean.last(maps.flatten(2).mean(2)).squeeze(1))
    torch.testing.assert_close(total(x), total.last(maps.flatten(2).sum(2)).squeeze(1))


def test_refuses_images_of_another_size_instead_of_pooling_them() -> None:
    with pytest.raises(ValueError, match="another size"):
        ResNetDiscriminator(shape=(1, 16, 16), width=2)(torch.zeros(2, 1, 32, 32))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"width": 0}, "width must be at least 1"),
        ({"shape": (3, 30, 30)}, "use 28x28 or 32x32"),
        ({"norm": "bath"}, "did you mean 'batch'"),
        ({"pool": "man"}, "did you mean 'mean'"),
    ],
)
def test_refuses_invalid_arguments(bad: dict[str, Any], words: str) -> None:
    with torch.device("meta"):
        with pytest.raises(UserError, match=words):
            ResNetDiscriminator(**{"shape": (3, 32, 32), **bad})
        if "pool" not in bad:
            with pytest.raises(UserError, match=words):
                ResNetGenerator(**{"latent": 3, "shape": (3, 32, 32), **bad})
