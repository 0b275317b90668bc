"""Both terms against closed forms, alone and inside the algorithm."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from ganbench.algorithms import Adversarial
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Gaussian
from ganbench.losses import Hinge
from ganbench.regularizers import LatentConsistency
from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream


def linear_networks(scale: float) -> nn.ModuleDict:
    """G multiplies latents by a number, and D adds up the coordinates."""
    generator, critic = nn.Linear(3, 3, bias=False), nn.Sequential(nn.Linear(3, 1, bias=False), nn.Flatten(0))
    with torch.no_grad():
        generator.weight.copy_(scale * torch.eye(3))
        critic[0].weight.fill_(1.0)
    return nn.ModuleDict({"G": generator, "D": critic})


def context(rows: int) -> Context:
    return Context(0, 100, 0, rows, RandomStream("update"))


def test_known_values() -> None:
    term = LatentConsistency(discriminator=2.0, generator=0.5)
    scores = torch.tensor([1.0, -1.0]), torch.tensor([3.0, -1.0])
    assert term.discriminator_term(*scores).tolist() == [8.0, 0.0]
    samples = torch.tensor([[1.0, 1.0], [0.0, 0.0]]), torch.tensor([[3.0, 1.0], [0.0, 0.0]])
    assert term.generator_term(*samples).tolist() == [-1.0, 0.0]  # half the mean of 4 and 0


def test_latents_change_by_the_given_noise() -> None:
    z = torch.randn(4000, 5, generator=torch.Generator().manual_seed(0))
    change = LatentConsistency(noise=0.03).change(z, RandomStream("a")) - z
    assert float(change.std()) == pytest.approx(0.03, rel=0.02)
    assert float(change.mean()) == pytest.approx(0.0, abs=0.001)


def test_the_terms_of_linear_networks_have_their_expected_values() -> None:
    rows, scale, noise = 20_000, 2.0, 0.1
    networks = linear_networks(scale)
    term = LatentConsistency(discriminator=5.0, generator=0.5, noise=noise)
    algorithm = Adversarial(latent=Gaussian(3), loss=Hinge(), latent_consistency=term)
    batch = Batch(torch.zeros(rows, 3))
    d = algorithm.discriminator_losses(networks, batch, context(rows))
    g = algorithm.generator_losses(networks, None, context(rows))
    variance = (scale * noise) ** 2
    assert set(d) == set(g) == {"adversarial", "latent_consistency"}
    # D adds up three independent changes; G's term is a mean over them.
    assert d["latent_consistency"].mean().item() == pytest.approx(5 * 3 * variance, rel=0.05)
    assert g["latent_consistency"].mean().item() == pytest.approx(-0.5 * variance, rel=0.05)


def test_d_learns_nothing_through_g_and_g_learns_to_use_the_latent() -> None:
    networks = linear_networks(1.0)
    algorithm = Adversarial(latent=Gaussian(3), loss=Hinge(), latent_consistency=LatentConsistency())
    d = algorithm.discriminator_losses(networks, Batch(torch.zeros(64, 3)), context(64))
    d["latent_consistency"].mean().backward()
    assert networks["G"].weight.grad is None
    assert networks["D"][0].weight.grad.abs().max() > 0
    g = algorithm.generator_losses(networks, None, context(64))
    g["latent_consistency"].mean().backward()
    assert (networks["G"].weight.grad.diagonal() < 0).all(), "a larger G varies more with its latent"


def test_a_weight_of_0_costs_no_pass() -> None:
    networks = linear_networks(1.0)
    passes: list[int] = []
    networks["G"].register_forward_pre_hook(lambda module, inputs: passes.append(len(inputs[0])))
    term = LatentConsistency(discriminator=0.0, generator=0.0)
    algorithm = Adversarial(latent=Gaussian(3), loss=Hinge(), latent_consistency=term)
    algorithm.discriminator_losses(networks, Batch(torch.zeros(8, 3)), context(8))
    algorithm.generator_losses(networks, None, context(8))
    assert passes == [8, 8]


@pytest.mark.parametrize("name", ["discriminator", "generator", "noise"])
@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_an_argument_out_of_range_is_refused(name: str, value: float) -> None:
    with pytest.raises(UserError, match=f"LatentConsistency: {name} must be"):
        LatentConsistency(**{name: value})
