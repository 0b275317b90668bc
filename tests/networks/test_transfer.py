"""Layers that fit are copied, all others keep their random start, and each is named."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganbench.errors import UserError
from ganbench.networks import SNDCGANDiscriminator, SNDCGANGenerator
from ganbench.networks.transfer import lowest_layers, transfer_weights

SHAPE = (3, 8, 8)


def discriminator(width: int = 4, seed: int = 0) -> SNDCGANDiscriminator:
    torch.manual_seed(seed)
    return SNDCGANDiscriminator(shape=SHAPE, width=width)


def test_equal_networks_share_every_tensor() -> None:
    source, network = discriminator(seed=1), discriminator()
    transfer = transfer_weights(network, source.state_dict(), "a run")
    assert all(torch.equal(value, source.state_dict()[key]) for key, value in network.state_dict().items())
    weights = sum(parameter.numel() for parameter in network.parameters())
    assert (transfer.new, transfer.left, transfer.weights, transfer.total) == ((), (), weights, weights)
    assert str(transfer) == f"{len(transfer.taken)} layers taken ({weights:,} of {weights:,} weights)"


def test_a_layer_whose_weight_differs_keeps_its_own_bias() -> None:
    first, other, second, same = nn.Linear(3, 2), nn.Linear(4, 2), nn.Linear(2, 5), nn.Linear(2, 5)
    bias = other.bias.detach().clone()
    transfer = transfer_weights(
        nn.Sequential(other, same), nn.Sequential(first, second).state_dict(), "a run"
    )
    assert torch.equal(other.bias, bias)
    assert torch.equal(same.weight, second.weight)
    assert (transfer.taken, transfer.new, transfer.weights, transfer.total) == (("1",), ("0",), 15, 25)
    assert str(transfer) == "1 layers taken (15 of 25 weights); new: 0"


def test_layers_of_the_source_that_are_left_are_named_in_short() -> None:
    source = nn.Sequential(*(nn.Linear(2, 2) for _ in range(7)))
    transfer = transfer_weights(nn.Sequential(nn.Linear(2, 2)), source.state_dict(), "a run")
    assert transfer.left == ("1", "2", "3", "4", "5", "6")
    assert str(transfer).endswith("left: 1, 2, 3, 4 and 2 more")


def test_half_precision_is_converted() -> None:
    source, network = discriminator(seed=1), discriminator()
    transfer_weights(network, {key: value.half() for key, value in source.state_dict().items()}, "a run")
    first = network.state_dict()["layers.0.bias"]
    assert first.dtype == torch.float32
    assert torch.equal(first, source.state_dict()["layers.0.bias"].half().float())


def test_networks_that_share_no_layer_are_refused_with_the_shapes() -> None:
    with pytest.raises(
        UserError,
        match=r"^no layer of D in zoo:X fits a SNDCGANDiscriminator of these sizes: layers.0.bias is \[8\] there and "
        r"\[4\] here$",
    ):
        transfer_weights(discriminator(), discriminator(width=8).state_dict(), "D in zoo:X")
    with pytest.raises(UserError, match="no layers have the same name"):
        transfer_weights(nn.Sequential(nn.Linear(2, 2)), {"a.weight": torch.zeros(2, 2)}, "D")


def test_numbers_that_are_not_finite_are_refused_and_nothing_is_copied() -> None:
    state = {**discriminator(seed=1).state_dict(), "layers.0.bias": torch.full((4,), torch.nan)}
    network = discriminator()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with pytest.raises(UserError, match=r"'layers.0.bias' is infinite or NaN"):
        transfer_weights(network, state, "D")
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_the_lowest_layers_are_those_next_to_the_image() -> None:
    network = discriminator()
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    frozen = [names[id(parameter)] for parameter in lowest_layers(network, 2, "networks.D.frozen")]
    assert sorted({name.split(".")[1] for name in frozen}) == ["0", "2"]
    assert len(frozen) == 4  # a weight and a bias each


def test_at_least_one_layer_is_trained() -> None:
    network = SNDCGANGenerator(latent=4, shape=SHAPE, width=4)
    layers = 5  # a linear layer, two norms, a transposed and a last convolution
    assert len(lowest_layers(network, layers - 1, "networks.G.frozen")) == 2 * (layers - 1)
    with pytest.raises(
        UserError, match=r"^networks.G.frozen=5 would freeze all 5 layers; at most 4 are possible$"
    ):
        lowest_layers(network, layers, "networks.G.frozen")
