from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from ganbench.conditioning import Projection
from ganbench.layers import normal_weights, zero_biases
from ganbench.layers.initialisation import orthogonal_weights, stored_weight
from ganbench.networks import SNDCGANDiscriminator


def zoo() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(60, 50),
        nn.Conv2d(20, 30, 3),
        nn.ConvTranspose2d(30, 20, 3),
        nn.Conv1d(40, 30, 3, bias=False),
        nn.Linear(50, 60, bias=False),
    )


@pytest.mark.parametrize("normalised", [False, True], ids=["plain", "spectral"])
def test_normal_weights_reach_the_weight_that_is_stored(normalised: bool) -> None:
    torch.manual_seed(0)
    network = zoo()
    if normalised:
        for layer in network:
            spectral_norm(layer)
    normal_weights(network, std=0.1)
    state = network.state_dict()
    for index, layer in enumerate(network):
        name = f"{index}.parametrizations.weight.original" if normalised else f"{index}.weight"
        assert state[name].std().item() == pytest.approx(0.1, rel=0.05)
        assert state[name].mean().item() == pytest.approx(0, abs=0.01)
        if layer.bias is not None:
            assert layer.bias.abs().max() == 0


@pytest.mark.parametrize("normalised", [False, True], ids=["plain", "spectral"])
def test_orthogonal_weights_keep_lengths(normalised: bool) -> None:
    torch.manual_seed(0)
    network = zoo()
    if normalised:
        for layer in network:
            spectral_norm(layer)
    orthogonal_weights(network)
    for layer in network:
        stored = stored_weight(layer).detach().flatten(1)
        torch.testing.assert_close(torch.linalg.svdvals(stored), torch.ones(min(stored.shape)))
        if not isinstance(layer, nn.ConvTranspose2d):  # whose weights spectral norm reads the other way round
            torch.testing.assert_close(layer.weight.detach().flatten(1), stored, rtol=1e-3, atol=1e-4)


def test_orthogonal_weights_are_also_those_of_embeddings() -> None:
    """One that starts small turns many times faster under spectral norm than the layers around it."""
    torch.manual_seed(0)
    discriminator = SNDCGANDiscriminator(
        shape=(3, 8, 8), width=4, pool="sum", conditioning=Projection(), classes=5
    )
    assert discriminator.head is not None
    rows = stored_weight(discriminator.head.get_submodule("embedding")).detach()
    torch.testing.assert_close(rows @ rows.T, torch.eye(5))


def test_spectral_norms_estimate_follows_the_new_weight() -> None:
    torch.manual_seed(0)
    network = zoo()
    for layer in network:
        spectral_norm(layer)
    network[1].eval()
    normal_weights(network, std=0.1)
    assert not network[1].training
    assert not network[1].parametrizations.weight.training
    network.eval()  # no further power iteration
    for layer in network:
        out_first = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
        top = torch.linalg.svdvals(stored_weight(layer).detach().movedim(out_first, 0).flatten(1))[0]
        estimate = (stored_weight(layer) / layer.weight).detach().median()
        # No closer: the largest singular values of noise are nearly equal, so 15 iterations tell little.
        assert estimate.item() == pytest.approx(top.item(), rel=0.1)


def test_batch_norm_starts_near_the_identity_and_other_norms_and_embeddings_stay() -> None:
    torch.manual_seed(0)
    batch, bare = nn.BatchNorm2d(2000), nn.BatchNorm1d(8, affine=False)
    others = nn.ModuleList([nn.GroupNorm(1, 50), nn.InstanceNorm2d(50, affine=True), nn.Embedding(5, 9)])
    with torch.no_grad():
        batch.bias.fill_(3.0)
    before = {name: value.clone() for name, value in others.state_dict().items()}
    normal_weights(nn.ModuleList([batch, bare, others]), std=0.02)
    assert batch.weight.mean().item() == pytest.approx(1, abs=0.002)
    assert batch.weight.std().item() == pytest.approx(0.02, rel=0.1)
    assert batch.bias.abs().max() == 0
    assert before
    assert all(torch.equal(value, before[name]) for name, value in others.state_dict().items())


def test_zero_biases_leaves_the_weights() -> None:
    network = nn.Sequential(zoo(), nn.BatchNorm2d(4))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert before["0.0.bias"].abs().max() > 0
    zero_biases(network)
    for name, value in network.state_dict().items():
        if name.startswith("0.") and name.endswith("bias"):
            assert value.abs().max() == 0
        else:
            assert torch.equal(value, before[name])
