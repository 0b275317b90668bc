"""SN-GAN's convolutional pair: how deep it is, and its folded forms, where blocks of 2x2 pixels are positions."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganbench.networks import SNDCGANDiscriminator, SNDCGANGenerator


def test_a_folded_generator_makes_the_four_pixels_of_a_block_at_once() -> None:
    network = SNDCGANGenerator(latent=3, shape=(2, 16, 16), width=4, folded=True)
    last = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)][-1]
    assert last.out_channels == 8
    with torch.no_grad():
        last.weight.zero_()
        assert last.bias is not None
        last.bias.copy_(torch.arange(8) / 10)
    picture = torch.atanh(network(torch.randn(2, 3)))
    assert picture.shape == (2, 2, 16, 16)
    block = torch.tensor([[[0.0, 0.1], [0.2, 0.3]], [[0.4, 0.5], [0.6, 0.7]]])
    torch.testing.assert_close(picture, block.repeat(1, 8, 8).expand(2, -1, -1, -1))


def test_a_folded_generator_starts_without_a_grain() -> None:
    torch.manual_seed(0)
    network = SNDCGANGenerator(latent=3, shape=(2, 16, 16), width=4, folded=True)
    picture = network(torch.randn(2, 3))
    blocks = picture.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)  # [N, C, 8, 8, pixels of a block]
    torch.testing.assert_close(blocks, blocks[..., :1].expand_as(blocks))
    assert blocks[..., 0].std() > 0


def test_folded_networks_have_one_level_fewer_at_the_same_smallest_map() -> None:
    for folded, convolutions in ((False, 7), (True, 5)):
        network = SNDCGANDiscriminator(shape=(3, 32, 32), width=4, folded=folded)
        assert sum(isinstance(layer, nn.Conv2d) for layer in network.modules()) == convolutions
        assert network.trunk(torch.randn(1, 3, 32, 32)).shape[2:] == (4, 4)


def test_a_folded_discriminator_sees_every_pixel() -> None:
    network = SNDCGANDiscriminator(shape=(1, 16, 16), width=4, folded=True)
    picture = torch.randn(1, 1, 16, 16, requires_grad=True)
    network(picture).sum().backward()
    assert picture.grad is not None
    assert (picture.grad != 0).all()


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_depth_is_the_number_of_convolutions_that_a_level_has_besides_d_s_halving(depth: int) -> None:
    made = SNDCGANGenerator(latent=3, shape=(3, 16, 16), width=4, depth=depth)
    judged = SNDCGANDiscriminator(shape=(3, 16, 16), width=4, depth=depth)
    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    of_g, of_d = (sum(isinstance(layer, kinds) for layer in net.modules()) for net in (made, judged))
    assert (of_g, of_d) == (2 * depth + 1, 2 * (depth + 1) + 1)  # two levels, and the last one
    assert made(torch.randn(2, 3)).shape == (2, 3, 16, 16)
    assert judged.trunk(torch.randn(2, 3, 16, 16)).shape == (2, 16, 4, 4)
