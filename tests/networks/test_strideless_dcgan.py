from __future__ import annotations

from ganbench.networks import StridelessDCGANDiscriminator, StridelessDCGANGenerator


def test_layer_order_is_that_of_gans_paper() -> None:
    generator = StridelessDCGANGenerator(latent=100, shape=(1, 28, 28))
    discriminator = StridelessDCGANDiscriminator(shape=(1, 28, 28))
    doubling, halving = ["ConvTranspose2d", "ReLU"], ["Conv2d", "LeakyReLU", "BatchNorm2d"]
    assert [type(layer).__name__ for layer in generator.first] == ["Linear", "BatchNorm1d"]
    assert [type(layer).__name__ for layer in generator.layers] == [
        *doubling,
        "BatchNorm2d",
        *doubling,
        "ConvTranspose2d",
    ]
    assert [type(layer).__name__ for layer in discriminator.layers] == [*halving * 3, "Flatten", "Linear"]
