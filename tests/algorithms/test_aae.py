"""AAE: losses in closed form, which networks each phase updates, and what D sees."""

from __future__ import annotations

import math

import pytest
import torch
from tests.support.context import context
from torch import Tensor, nn

from ganbench.algorithms import AAE
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Gaussian
from ganbench.losses import Hinge, NonSaturating, RelativisticPairing
from ganbench.networks import MLPDiscriminator, MLPEncoder, MLPGenerator

LATENT = Gaussian(3)


def networks() -> nn.ModuleDict:
    torch.manual_seed(0)
    g = MLPGenerator(latent=3, shape=(2,), width=8, depth=1)
    d = MLPDiscriminator(shape=(3,), width=8, depth=1)
    return nn.ModuleDict({"G": g, "D": d, "E": MLPEncoder(latent=3, shape=(2,), width=8, depth=1)})


class Constant(nn.Module):
    """Returns one row for every item."""

    def __init__(self, *row: float) -> None:
        super().__init__()
        self.row = torch.tensor(row)

    def forward(self, x: Tensor) -> Tensor:
        return self.row.expand(len(x), -1)


class FirstNumber(nn.Module):
    """Scores a latent by its first number."""

    def forward(self, z: Tensor) -> Tensor:
        return z[:, 0]


def test_the_squared_error_is_summed_over_an_item() -> None:
    nets = nn.ModuleDict({"G": Constant(0.5, -0.5), "D": FirstNumber(), "E": Constant(0.0, 0.0, 0.0)})
    batch = Batch(torch.tensor([[0.5, -0.5], [1.5, 1.5]]))
    terms = AAE(latent=LATENT, loss=NonSaturating(), reconstruction_weight=2.0).reconstruction_losses(
        nets, batch, context(rows=2)
    )
    assert terms["squared_error"].tolist() == [0.0, 2 * (1 + 4)]


def test_the_prior_is_real_and_the_encoder_fake() -> None:
    nets = nn.ModuleDict({"G": Constant(0.0, 0.0), "D": FirstNumber(), "E": Constant(2.0, 0.0, 0.0)})
    algorithm, batch = AAE(latent=LATENT, loss=Hinge()), Batch(torch.zeros(4, 2))
    prior = LATENT.draw(context().stream, 4)[:, 0]
    expected = torch.relu(1 - prior) + 3.0  # 1 + 2 for E's latents
    assert torch.allclose(algorithm.discriminator_losses(nets, batch, context())["adversarial"], expected)
    assert algorithm.encoder_losses(nets, batch, context())["adversarial"].tolist() == [-2.0] * 4
    smooth = AAE(latent=LATENT, loss=NonSaturating()).encoder_losses(nets, batch, context())
    assert float(smooth["adversarial"][0]) == pytest.approx(math.log1p(math.exp(-2.0)), rel=1e-5)


def test_each_phase_reaches_its_own_networks_only() -> None:
    algorithm = AAE(latent=LATENT, loss=NonSaturating())
    assert [(p.name, p.updates) for p in algorithm.phases()] == [
        ("reconstruction", ("E", "G")),
        ("D", ("D",)),
        ("E", ("E",)),
    ]
    batch = Batch(torch.randn(4, 2, generator=torch.Generator().manual_seed(1)))
    for phase in algorithm.phases():
        nets = networks()
        sum(t.mean() for t in phase.loss(nets, batch, context()).values()).backward()  # type: ignore[union-attr]
        for name in phase.updates:
            assert all(p.grad is not None for p in nets[name].parameters())
        if phase.name != "E":  # E's loss passes through D, which the trainer freezes
            others = [p for name in nets if name not in phase.updates for p in nets[name].parameters()]
            assert all(p.grad is None for p in others)


def test_d_sees_latents() -> None:
    algorithm = AAE(latent=LATENT, loss=NonSaturating())
    assert algorithm.shape_of("D", (1, 28, 28)) == (3,)
    assert algorithm.shape_of("G", (1, 28, 28)) == algorithm.shape_of("E", (1, 28, 28)) == (1, 28, 28)


def test_losses_and_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UserError, match="RelativisticPairing compares real and fake scores"):
        AAE(latent=LATENT, loss=RelativisticPairing())
    with pytest.raises(UserError, match="reconstruction_weight"):
        AAE(latent=LATENT, loss=Hinge(), reconstruction_weight=-1.0)
