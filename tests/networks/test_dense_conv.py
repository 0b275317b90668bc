"""The pair of dense and convolutional layers: the paper's sizes, and the features that Q uses."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganbench.errors import UserError
from ganbench.networks import DenseConvDiscriminator, DenseConvGenerator


def test_sizes_are_those_of_the_paper() -> None:
    generator = DenseConvGenerator(latent=74, shape=(1, 28, 28))
    dense = [(m.in_features, m.out_features) for m in generator.modules() if isinstance(m, nn.Linear)]
    assert dense == [(74, 1024), (1024, 7 * 7 * 128)]
    discriminator = DenseConvDiscriminator(shape=(1, 28, 28))
    dense = [(m.in_features, m.out_features) for m in discriminator.modules() if isinstance(m, nn.Linear)]
    assert dense == [(7 * 7 * 128, 1024), (1024, 1)]
    maps = [m.out_channels for m in discriminator.modules() if isinstance(m, nn.Conv2d)]
    assert maps == [64, 128]


def test_the_score_is_linear_in_the_features() -> None:
    discriminator = DenseConvDiscriminator(shape=(1, 28, 28), width=4).eval()
    output = discriminator.discriminate(torch.rand(3, 1, 28, 28))
    assert output.features is not None
    assert output.features.shape == (3, discriminator.feature_size)
    torch.testing.assert_close(output.scores, discriminator.last(output.features).squeeze(1))


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 30, 28), "sides must be at least 4 pixels and multiples of 4, but are 30 and 28"),
        ((1, 28, 27), "but are 28 and 27"),
        ((1, 0, 28), "but are 0 and 28"),
        ((0, 28, 28), "shape must be .* of an image"),
    ],
)
def test_refuses_sides_that_are_not_multiples_of_4(shape: tuple[int, int, int], words: str) -> None:
    with pytest.raises(UserError, match=words):
        DenseConvGenerator(latent=8, shape=shape)
