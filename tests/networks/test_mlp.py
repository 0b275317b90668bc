from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from ganbench.errors import UserError
from ganbench.networks import JointMLPDiscriminator, MLPDiscriminator, MLPEncoder, MLPGenerator


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def test_parameter_counts_at_the_reference_sizes() -> None:
    # The mode-collapse study on rings: latent 32, points of 2 numbers, three hidden layers of 256.
    hidden = 2 * (256 * 256 + 256)
    assert count(MLPGenerator(latent=32, shape=(2,))) == (32 * 256 + 256) + hidden + (256 * 2 + 2)
    assert count(MLPDiscriminator(shape=(2,))) == (2 * 256 + 256) + hidden + (256 + 1)
    # On digits; batch norm adds gain and bias after each hidden layer.
    digits = (100 * 256 + 256) + hidden + (256 * 784 + 784)
    assert count(MLPGenerator(latent=100, shape=(1, 28, 28))) == digits
    assert count(MLPGenerator(latent=100, shape=(1, 28, 28), norm="batch")) == digits + 3 * 2 * 256


@pytest.mark.parametrize(
    "network",
    [
        MLPDiscriminator(shape=(2,), norm=("none", "batch", "batch")),
        JointMLPDiscriminator(latent=3, shape=(2,), norm=("none", "batch", "batch")),
        MLPEncoder(latent=3, shape=(2,), norm=("none", "batch", "batch")),
    ],
    ids=lambda network: type(network).__name__,
)
def test_a_tuple_of_norms_sets_each_hidden_layers_norm(network: nn.Module) -> None:
    # The order of GANs-Implementations: no norm behind the first layer.
    kinds = [type(layer).__name__ for layer in network.get_submodule("layers").children()]
    assert kinds == ["Linear", "Identity", "LeakyReLU", *["Linear", "BatchNorm1d", "LeakyReLU"] * 2, "Linear"]


def test_one_norm_is_that_of_every_hidden_layer() -> None:
    network = MLPDiscriminator(shape=(2,), depth=2, norm="batch")
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds == ["Linear", "BatchNorm1d", "LeakyReLU", "Linear", "BatchNorm1d", "LeakyReLU", "Linear"]


def test_batch_norm_behind_the_first_layer_hides_the_mean_picture() -> None:
    """Only without it does a discriminator tell a batch from the same batch shifted by one picture."""
    x, picture = torch.randn(64, 1, 4, 4), torch.randn(1, 4, 4)
    hides = MLPDiscriminator(shape=(1, 4, 4), norm="batch")
    sees = MLPDiscriminator(shape=(1, 4, 4), norm=("none", "batch", "batch"))
    torch.testing.assert_close(hides(x), hides(x + picture), atol=1e-4, rtol=0)
    assert (sees(x) - sees(x + picture)).abs().max() > 0.01


def test_slope_is_the_leaky_relus() -> None:
    network = MLPDiscriminator(shape=(1,), width=1, depth=1, slope=0.25)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(1.0)
            if parameter.dim() == 1:
                parameter.zero_()
    assert network(torch.tensor([[4.0], [-4.0]])).tolist() == [4.0, -1.0]


def test_a_tuple_of_slopes_sets_each_hidden_layers_slope_and_a_slope_of_1_is_no_activation() -> None:
    # The order of gans-paper's dense conditional G: no activation behind the third norm.
    network = MLPGenerator(latent=3, shape=(2,), width=4, norm="batch", slope=(0.0, 0.2, 1.0))
    kinds = [type(layer).__name__ for layer in network.layers]
    hidden = ["Linear", "BatchNorm1d", "LeakyReLU"]
    assert kinds == [*hidden, *hidden, "Linear", "BatchNorm1d", "Identity", "Linear"]
    slopes = [layer.negative_slope for layer in network.layers if isinstance(layer, nn.LeakyReLU)]
    assert slopes == [0.0, 0.2]
    with pytest.raises(UserError, match="MLPGenerator: 3 hidden layers need as many slopes, not 2"):
        MLPGenerator(latent=3, shape=(2,), slope=(0.2, 0.2))


def test_images_are_unflattened_row_by_row() -> None:
    network = MLPGenerator(latent=2, shape=(2, 3, 4), width=4)
    z = torch.randn(5, 2)
    assert torch.equal(network(z).flatten(1), network.layers(z).tanh())


def test_weights_have_torchs_default_initialisation() -> None:
    torch.manual_seed(5)
    layer = nn.Linear(6, 16)
    torch.manual_seed(5)
    network = MLPGenerator(latent=6, shape=(2,), width=16)
    assert torch.equal(network.layers.get_parameter("0.weight"), layer.weight)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"width": 0}, "width must be at least 1"),
        ({"depth": 0}, "depth must be at least 1"),
        ({"shape": ()}, "shape must be one or more sizes"),
        ({"shape": (2, 0)}, "shape must be one or more sizes"),
        ({"slope": 1.1}, "slope must be in"),
        ({"slope": -0.1}, "slope must be in"),
        ({"norm": "btach"}, "did you mean 'batch'"),
        ({"norm": "instance"}, "Unknown norm 'instance'"),
        ({"norm": ("none", "batch")}, "3 hidden layers need as many norms, not 2"),
    ],
)
def test_refuses_invalid_arguments(bad: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        MLPDiscriminator(**{"shape": (2,), **bad})
    with pytest.raises(UserError, match=words):
        MLPGenerator(**{"latent": 3, "shape": (2,), **bad})


def test_refuses_an_empty_latent() -> None:
    with pytest.raises(UserError, match="MLPGenerator: latent must be at least 1"):
        MLPGenerator(latent=0, shape=(2,))


def test_parameter_counts_of_the_encoder_and_the_joint_discriminator() -> None:
    hidden = 2 * (256 * 256 + 256)
    assert count(MLPEncoder(latent=32, shape=(2,))) == (2 * 256 + 256) + hidden + (256 * 32 + 32)
    joint = (784 + 100) * 256 + 256 + hidden + (256 + 1)
    assert count(JointMLPDiscriminator(latent=100, shape=(1, 28, 28))) == joint


def test_the_joint_discriminator_concatenates_the_flat_sample_and_the_latent() -> None:
    network = JointMLPDiscriminator(latent=3, shape=(1, 2, 2), width=8)
    x, z = torch.randn(5, 1, 2, 2), torch.randn(5, 3)
    joint_input = torch.cat([x.reshape(5, 4), z], 1)
    assert torch.equal(network(x, z), network.layers(joint_input)[:, 0])
    assert not torch.equal(network(x, z), network(x, z.flip(0)))


@pytest.mark.parametrize("cls", [MLPEncoder, JointMLPDiscriminator])
def test_networks_with_latents_refuse_invalid_arguments(cls: type[nn.Module]) -> None:
    with pytest.raises(UserError, match=f"{cls.__name__}: latent must be at least 1"):
        cls(latent=0, shape=(2,))
    with pytest.raises(UserError, match=f"{cls.__name__}: shape must be one or more sizes"):
        cls(latent=3, shape=())
    with pytest.raises(UserError, match=f"{cls.__name__}: width must be at least 1"):
        cls(latent=3, shape=(2,), width=0)
    with pytest.raises(UserError, match=f"{cls.__name__}: 3 hidden layers need as many norms, not 2"):
        cls(latent=3, shape=(2,), norm=("none", "batch"))
