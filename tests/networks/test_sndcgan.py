"""SN-GAN's convolutional pair: its depth, and patches of 2x2 pixels."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganbench.errors import UserError
from ganbench.networks import SNDCGANDiscriminator, SNDCGANGenerator


def test_a_generator_with_patches_makes_the_four_pixels_of_a_patch_at_once() -> None:
    network = SNDCGANGenerator(latent=3, shape=(2, 16, 16), width=4, patch_size=2)
    last = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)][-1]
    assert last.out_channels == 8
    with torch.no_grad():
        last.weight.zero_()
        assert last.bias is not None
        last.bias.copy_(torch.arange(8) / 10)
    images = torch.atanh(network(torch.randn(2, 3)))
    assert images.shape == (2, 2, 16, 16)
    patch = torch.tensor([[[0.0, 0.1], [0.2, 0.3]], [[0.4, 0.5], [0.6, 0.7]]])
    torch.testing.assert_close(images, patch.repeat(1, 8, 8).expand(2, -1, -1, -1))


def test_the_pixels_of_a_patch_start_equal() -> None:
    torch.manual_seed(0)
    network = SNDCGANGenerator(latent=3, shape=(2, 16, 16), width=4, patch_size=2)
    images = network(torch.randn(2, 3))
    patches = images.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)  # [N, C, 8, 8, pixels of a patch]
    torch.testing.assert_close(patches, patches[..., :1].expand_as(patches))
    assert patches[..., 0].std() > 0


def test_patches_save_one_level_at_the_same_smallest_map() -> None:
    for patch_size, convolutions in ((1, 7), (2, 5)):
        network = SNDCGANDiscriminator(shape=(3, 32, 32), width=4, patch_size=patch_size)
        assert sum(isinstance(layer, nn.Conv2d) for layer in network.modules()) == convolutions
        assert network.extract_maps(torch.randn(1, 3, 32, 32)).shape[2:] == (4, 4)


def test_a_discriminator_with_patches_uses_every_pixel() -> None:
    network = SNDCGANDiscriminator(shape=(1, 16, 16), width=4, patch_size=2)
    image = torch.randn(1, 1, 16, 16, requires_grad=True)
    network(image).sum().backward()
    assert image.grad is not None
    assert (image.grad != 0).all()


@pytest.mark.parametrize("patch_size", [0, 3, 4])
def test_refuses_other_patch_sizes(patch_size: int) -> None:
    with pytest.raises(
        UserError, match=f"^SNDCGANGenerator: patch_size must be 1 or 2, but is {patch_size}$"
    ):
        SNDCGANGenerator(latent=3, shape=(3, 32, 32), patch_size=patch_size)
    with pytest.raises(
        UserError, match=f"^SNDCGANDiscriminator: patch_size must be 1 or 2, but is {patch_size}$"
    ):
        SNDCGANDiscriminator(shape=(3, 32, 32), patch_size=patch_size)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_depth_is_the_number_of_convolutions_per_level_in_addition_to_ds_halving(depth: int) -> None:
    generator = SNDCGANGenerator(latent=3, shape=(3, 16, 16), width=4, depth=depth)
    discriminator = SNDCGANDiscriminator(shape=(3, 16, 16), width=4, depth=depth)
    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    counts = [sum(isinstance(layer, kinds) for layer in net.modules()) for net in (generator, discriminator)]
    assert counts == [2 * depth + 1, 2 * (depth + 1) + 1]  # two levels, and the last convolution
    assert generator(torch.randn(2, 3)).shape == (2, 3, 16, 16)
    assert discriminator.extract_maps(torch.randn(2, 3, 16, 16)).shape == (2, 16, 4, 4)
