from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from ganbench.conditioning import Projection
from ganbench.layers import init_normal, init_zero_biases
from ganbench.layers.initialisation import OwnStart, init_orthogonal, stored_weight
from ganbench.networks import SNDCGANDiscriminator


def make_layers() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(60, 50),
        nn.Conv2d(20, 30, 3),
        nn.ConvTranspose2d(30, 20, 3),
        nn.Conv1d(40, 30, 3, bias=False),
        nn.Linear(50, 60, bias=False),
    )


@pytest.mark.parametrize("spectral", [False, True], ids=["plain", "spectral"])
def test_init_normal_draws_the_stored_weight(spectral: bool) -> None:
    torch.manual_seed(0)
    network = make_layers()
    if spectral:
        for layer in network:
            spectral_norm(layer)
    init_normal(network, std=0.1)
    state = network.state_dict()
    for index, layer in enumerate(network):
        name = f"{index}.parametrizations.weight.original" if spectral else f"{index}.weight"
        assert state[name].std().item() == pytest.approx(0.1, rel=0.05)
        assert state[name].mean().item() == pytest.approx(0, abs=0.01)
        if layer.bias is not None:
            assert layer.bias.abs().max() == 0


@pytest.mark.parametrize("spectral", [False, True], ids=["plain", "spectral"])
def test_init_orthogonal_preserves_lengths(spectral: bool) -> None:
    torch.manual_seed(0)
    network = make_layers()
    if spectral:
        for layer in network:
            spectral_norm(layer)
    init_orthogonal(network)
    for layer in network:
        stored = stored_weight(layer).detach().flatten(1)
        torch.testing.assert_close(torch.linalg.svdvals(stored), torch.ones(min(stored.shape)))
        if not isinstance(layer, nn.ConvTranspose2d):  # for which spectral norm transposes the weight
            torch.testing.assert_close(layer.weight.detach().flatten(1), stored, rtol=1e-3, atol=1e-4)


def test_init_orthogonal_includes_embeddings() -> None:
    """A smaller embedding would change direction many times faster under spectral norm than other layers."""
    torch.manual_seed(0)
    discriminator = SNDCGANDiscriminator(
        shape=(3, 8, 8), width=4, pool="sum", conditioning=Projection(), classes=5
    )
    assert discriminator.head is not None
    rows = stored_weight(discriminator.head.get_submodule("embedding")).detach()
    torch.testing.assert_close(rows @ rows.T, torch.eye(5))


class SecondLayer(OwnStart, nn.Sequential):
    pass


@pytest.mark.parametrize("initialise", [init_normal, init_orthogonal, init_zero_biases])
def test_a_part_with_an_own_start_is_left_unchanged(initialise: Callable[[nn.Module], None]) -> None:
    network = nn.Sequential(nn.Linear(4, 5), SecondLayer(nn.Linear(5, 6)))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    initialise(network)
    for name, value in network.state_dict().items():
        changed = name.startswith("0.") and (name.endswith("bias") or initialise is not init_zero_biases)
        assert torch.equal(value, before[name]) != changed, name


def test_init_normal_updates_the_estimate_of_spectral_norm() -> None:
    torch.manual_seed(0)
    network = make_layers()
    for layer in network:
        spectral_norm(layer)
    network[1].eval()
    init_normal(network, std=0.1)
    assert not network[1].training
    assert not network[1].parametrizations.weight.training
    network.eval()  # no further power iteration
    for layer in network:
        out_first = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
        top = torch.linalg.svdvals(stored_weight(layer).detach().movedim(out_first, 0).flatten(1))[0]
        estimate = (stored_weight(layer) / layer.weight).detach().median()
        # Only approximate: the largest singular values of noise are nearly equal, so 15 iterations do not converge.
        assert estimate.item() == pytest.approx(top.item(), rel=0.1)


def test_init_normal_draws_batch_norm_gains_and_leaves_other_norms_and_embeddings_unchanged() -> None:
    torch.manual_seed(0)
    batch, bare = nn.BatchNorm2d(2000), nn.BatchNorm1d(8, affine=False)
    others = nn.ModuleList([nn.GroupNorm(1, 50), nn.InstanceNorm2d(50, affine=True), nn.Embedding(5, 9)])
    with torch.no_grad():
        batch.bias.fill_(3.0)
    before = {name: value.clone() for name, value in others.state_dict().items()}
    init_normal(nn.ModuleList([batch, bare, others]), std=0.02)
    assert batch.weight.mean().item() == pytest.approx(1, abs=0.002)
    assert batch.weight.std().item() == pytest.approx(0.02, rel=0.1)
    assert batch.bias.abs().max() == 0
    assert before
    assert all(torch.equal(value, before[name]) for name, value in others.state_dict().items())


def test_init_zero_biases_leaves_the_weights_unchanged() -> None:
    network = nn.Sequential(make_layers(), nn.BatchNorm2d(4))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert before["0.0.bias"].abs().max() > 0
    init_zero_biases(network)
    for name, value in network.state_dict().items():
        if name.startswith("0.") and name.endswith("bias"):
            assert value.abs().max() == 0
        else:
            assert torch.equal(value, before[name])
